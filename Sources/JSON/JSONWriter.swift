/// Appends JSON to a buffer that is used again.
package enum JSONWriter {
    /// Appends a string with its quotes, escaped in the one form that the parser writes too (RFC 8259, 7).
    package static func string(_ text: String, to json: inout [UInt8]) {
        var text = text
        text.withUTF8 { string(utf8: UnsafeRawBufferPointer($0), to: &json) }
    }

    /// The same for a text that is there as UTF-8.
    package static func string(utf8 bytes: UnsafeRawBufferPointer, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        if bytes.contains(where: mustBeEscaped) {
            for byte in bytes { append(byte, to: &json) }
        } else {
            json.append(contentsOf: bytes)
        }
        json.append(UInt8(ascii: "\""))
    }

    /// Appends `,"name":"value"`; the name needs no escape.
    package static func member(_ name: StaticString, _ value: String, to json: inout [UInt8]) {
        json += ",\""
        json += name
        json += "\":"
        string(value, to: &json)
    }

    package static func integer(_ number: Int64, to json: inout [UInt8]) {
        guard number < 0 || number > 9 else { return json.append(UInt8(ascii: "0") + UInt8(number)) }
        // At most 19 digits and a sign, written from the last one.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var place = 20
            var rest = number.magnitude
            while rest > 0 {
                place -= 1
                digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            if number < 0 {
                place -= 1
                digits[place] = UInt8(ascii: "-")
            }
            json.append(contentsOf: digits[place..<20])
        }
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func append(_ byte: UInt8, to json: inout [UInt8]) {
        guard mustBeEscaped(byte) else { return json.append(byte) }
        switch byte {
        case 0x08: json += "\\b".utf8
        case 0x09: json += "\\t".utf8
        case 0x0A: json += "\\n".utf8
        case 0x0C: json += "\\f".utf8
        case 0x0D: json += "\\r".utf8
        case 0x00..<0x20:
            json += "\\u00".utf8
            json.append(hexDigit(byte >> 4))
            json.append(hexDigit(byte & 0xF))
        default:
            json.append(UInt8(ascii: "\\"))
            json.append(byte)
        }
    }

    /// The digit of a number from 0 to 15.
    package static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

/// Appends a literal of the source as it is, in one copy.
package func += (json: inout [UInt8], text: StaticString) {
    text.withUTF8Buffer { json.append(contentsOf: $0) }
}
