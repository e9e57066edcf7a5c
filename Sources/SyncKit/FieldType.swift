import JSON

/// What a field may hold.
package enum FieldType: Sendable, Equatable, Codable {
    /// `length` counts Unicode scalars.
    case string(length: ClosedRange<Int>)
    case text(maxBytes: Int)
    case choice([String])
    case boolean
    case integer(ClosedRange<Int64>)
    case number
    case date
    case strings(maxCount: Int)
    case object

    /// What is wrong with a value, as the end of a sentence that begins with the field: `must be true or false`. Nil if
    /// nothing is. Null is not for here: it clears, whatever the type.
    package func fault(of value: JSONValue) -> String? {
        accepts(value) ? nil : requirement
    }

    private func accepts(_ value: JSONValue) -> Bool {
        switch self {
        case .string(let length):
            value.kind == .string && length.contains(JSONString.scalarCount(escaped: value.bytes.dropFirst().dropLast()))
        case .text(let maxBytes): value.string.map { $0.utf8.count <= maxBytes } ?? false
        case .choice(let words): value.string.map(words.contains) ?? false
        case .boolean: value.kind == .boolean
        case .integer(let range): value.integer.map(range.contains) ?? false
        case .number: value.number != nil
        case .date: value.date != nil
        case .strings(let maxCount): value.strings.map { $0.count <= maxCount } ?? false
        case .object: value.kind == .object
        }
    }

    private var requirement: String {
        switch self {
        case .string(let length): "must be a string of \(length.lowerBound) to \(length.upperBound) characters"
        case .text(let maxBytes): "must be a string of at most \(maxBytes) bytes"
        case .choice(let words): "must be one of \(words.map { "'\($0)'" }.joined(separator: ", "))"
        case .boolean: "must be true or false"
        case .integer(let range): "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number: "must be a number"
        case .date: "must be an ISO-8601 date or a whole number of milliseconds since 1970"
        case .strings(let maxCount): "must be an array of at most \(maxCount) strings"
        case .object: "must be an object"
        }
    }

    /// Whether every value that `other` accepts is accepted here: a declaration may grow like this without a migration.
    package func accepts(allOf other: FieldType) -> Bool {
        switch (self, other) {
        case (.string(let length), .string(let old)): length.lowerBound <= old.lowerBound && length.upperBound >= old.upperBound
        case (.text(let maxBytes), .text(let old)): maxBytes >= old
        case (.text(let maxBytes), .string(let old)): maxBytes / 4 >= old.upperBound
        case (.choice(let words), .choice(let old)): Set(words).isSuperset(of: old)
        case (.integer(let range), .integer(let old)): range.lowerBound <= old.lowerBound && range.upperBound >= old.upperBound
        case (.strings(let maxCount), .strings(let old)): maxCount >= old
        default: self == other
        }
    }
}
