/// The inside of JSON strings: the bytes between the quotes, escapes and all (RFC 8259, 7).
package enum JSONString {
    private static let backslash = UInt8(ascii: "\\")

    /// The text that the bytes between a string's quotes stand for. Half a surrogate pair becomes U+FFFD.
    package static func decode(escaped bytes: some RandomAccessCollection<UInt8>) -> String {
        // One call for all of the bytes, and not a generic step for each.
        bytes.withContiguousStorageIfAvailable(decode(contiguous:)) ?? Array(bytes).withUnsafeBufferPointer(decode(contiguous:))
    }

    private static func decode(contiguous bytes: UnsafeBufferPointer<UInt8>) -> String {
        guard bytes.contains(backslash) else { return String(decoding: bytes, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == backslash, let escape = rest.popFirst() else {
                text.append(byte)
                continue
            }
            if escape == UInt8(ascii: "u") {
                text += UTF8.encode(scalar(after: &rest)) ?? UTF8.encodedReplacementCharacter
            } else {
                text.append(character(of: escape))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func character(of escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }

    /// The scalar of an escape whose `\u` has been read, and of the one after it if the two are a pair.
    private static func scalar<Bytes: RandomAccessCollection<UInt8>>(after rest: inout Bytes) -> Unicode.Scalar
    where Bytes.SubSequence == Bytes {
        guard let first = codeUnit(of: &rest) else { return "\u{FFFD}" }
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        guard rest.starts(with: "\\u".utf8) else { return "\u{FFFD}" }
        var ahead = rest.dropFirst(2)
        guard let second = codeUnit(of: &ahead), UTF16.isTrailSurrogate(second) else { return "\u{FFFD}" }
        rest = rest.dropFirst(6)
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private static func codeUnit<Bytes: RandomAccessCollection<UInt8>>(of rest: inout Bytes) -> UInt16? where Bytes.SubSequence == Bytes {
        let digits = rest.prefix(4)
        guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
        rest = rest.dropFirst(4)
        return unit
    }
}

extension JSONString {
    /// Whether the bytes between a string's quotes stand for the text whose UTF-8 is `text`.
    package static func escaped(_ bytes: ArraySlice<UInt8>, equals text: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.count == text.count {
            // No escape is as long as the character that it stands for: texts of equal length are equal byte by byte or not at all.
            return bytes.withUnsafeBufferPointer { $0.isIdentical(to: text) } && !bytes.contains(backslash)
        }
        return bytes.count > text.count && bytes.contains(backslash) && decode(escaped: bytes).utf8.elementsEqual(text)
    }

    /// The number of Unicode scalars that the bytes between a string's quotes stand for.
    package static func scalarCount(escaped bytes: ArraySlice<UInt8>) -> Int {
        if bytes.contains(backslash) { return decode(escaped: bytes).unicodeScalars.count }
        // Every scalar has one byte that is not a continuation.
        return bytes.withUnsafeBufferPointer { $0.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
    }
}
