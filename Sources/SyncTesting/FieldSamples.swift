package import SyncKit

/// Values for a field, as JSON texts, made from its declaration.
package struct FieldSamples {
    package let valid: [String]
    package let invalid: [String]

    package init(_ field: Field) {
        switch field.type {
        case .string(let length):
            valid = [Self.text(length.lowerBound), Self.text(length.upperBound), Self.text(max(1, length.lowerBound), of: "ä")]
            invalid =
                ["1", "true", "[]", Self.text(length.upperBound + 1)] + (length.lowerBound > 0 ? [Self.text(length.lowerBound - 1)] : [])
        case .text(let maxBytes):
            valid = [#""""#, #""a\nb""#, Self.text(maxBytes)]
            invalid = ["1", "{}", Self.text(maxBytes + 1), Self.text(maxBytes / 2 + 1, of: "ä")]
        case .choice(let words):
            valid = words.map { "\"\($0)\"" }
            invalid = [#""no such word""#, "1", #""""#]
        case .boolean:
            valid = ["true", "false"]
            invalid = ["0", "1", #""true""#, "[]"]
        case .integer(let range):
            valid = ["\(range.lowerBound)", "\(range.upperBound)"]
            invalid = ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "1.5", #""1""#, "true"]
        case .number:
            valid = ["0", "-1.5", "1e9"]
            invalid = [#""1""#, "true", "[]"]
        case .date:
            // One moment in four forms: a handler may have rules about which of two dates comes first.
            valid = [#""2026-11-23T00:00:00.000Z""#, #""2026-11-23""#, #""2026-11-23T01:00:00.000999+01:00""#, "1795392000000"]
            invalid = [#""tomorrow""#, #""2026-02-30""#, "true", "1.5", #""now""#]
        case .strings(let maxCount):
            valid = ["[]", #"["a","b"]"#, Self.list(maxCount)]
            invalid = [#""a""#, "[1]", #"["a",null]"#, "{}", Self.list(maxCount + 1)]
        case .object:
            valid = ["{}", #"{"a":{"b":[1,2]}}"#]
            invalid = ["[]", #""a""#, "1"]
        }
    }

    private static func text(_ length: Int, of character: String = "x") -> String {
        "\"\(String(repeating: character, count: length))\""
    }

    private static func list(_ count: Int) -> String {
        "[\(Array(repeating: "\"x\"", count: count).joined(separator: ","))]"
    }
}
