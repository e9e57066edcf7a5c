package import JSON

/// One JSON value as its minified bytes, with what a field's check wants to know of it.
package struct JSONValue: Sendable {
    package let kind: JSONKind
    package let bytes: ArraySlice<UInt8>

    package init(kind: JSONKind, bytes: ArraySlice<UInt8>) {
        self.kind = kind
        self.bytes = bytes
    }

    package static let null = JSONValue(kind: .null, bytes: Array("null".utf8)[...])

    package init(string: String) {
        var bytes: [UInt8] = []
        JSONWriter.string(string, to: &bytes)
        self.init(kind: .string, bytes: bytes[...])
    }

    package init(integer: Int64) {
        self.init(kind: .integer, bytes: Array(String(integer).utf8)[...])
    }

    package init(strings: [String]) {
        var bytes = [UInt8(ascii: "[")]
        for (index, string) in strings.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONWriter.string(string, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        self.init(kind: .array, bytes: bytes[...])
    }

    package init(boolean: Bool) {
        self.init(kind: .boolean, bytes: Array((boolean ? "true" : "false").utf8)[...])
    }

    package var string: String? {
        kind == .string ? JSONString.decode(escaped: bytes.dropFirst().dropLast()) : nil
    }

    package var boolean: Bool? {
        kind == .boolean ? bytes.first == UInt8(ascii: "t") : nil
    }

    package var number: Double? {
        switch kind {
        case .integer, .unsigned, .double: Double(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// The number, if it has no fraction and fits; `1.0` is the integer 1 as in JavaScript.
    package var integer: Int64? {
        switch kind {
        case .integer: Int64(String(decoding: bytes, as: UTF8.self))
        case .double: number.flatMap { Int64(exactly: $0) }
        default: nil
        }
    }

    /// The strings of an array that holds nothing else.
    package var strings: [String]? {
        kind == .array ? JSON.strings(in: bytes) : nil
    }

    /// The moment that a date names in one of the forms of PROTOCOL section 1.
    package var date: Timestamp? {
        switch kind {
        case .string: Timestamp(iso8601: bytes.dropFirst().dropLast())
        default: integer.map(Timestamp.init(milliseconds:)).flatMap { Timestamp.range.contains($0) ? $0 : nil }
        }
    }
}

extension JSONValue: Equatable {
    /// Whether both mean the same: the order of an object's members and the spelling of a number do not count.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        left.bytes == right.bytes || JSON.equal(left.bytes, right.bytes)
    }
}
