/// The place of one member of an object in a buffer of minified JSON.
package struct JSONMember: Sendable, Equatable {
    /// The name's bytes, escaped and without quotes.
    package let name: Range<Int>
    package let value: Range<Int>
    package let kind: JSONKind

    package init(name: Range<Int>, value: Range<Int>, kind: JSONKind) {
        self.name = name
        self.value = value
        self.kind = kind
    }
}

/// An object as minified JSON, and where its members lie in it.
package struct JSONMembers: Sendable {
    package let bytes: [UInt8]
    package let members: [JSONMember]

    init(bytes: [UInt8], members: [JSONMember]) {
        self.bytes = bytes
        self.members = members
    }

    /// Finds the members of an object in JSON that the parser has minified before. Nil if it is not such an object: a
    /// look at its structure only, not the parser's check of every byte.
    package init?(minified bytes: [UInt8]) {
        guard let members = bytes.withUnsafeBufferPointer({ Self.members(in: $0, from: 0) }) else { return nil }
        self.init(bytes: bytes, members: members)
    }

    /// The members of the object at `start`, which must reach to the end of the bytes.
    static func members(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> [JSONMember]? {
        var scanner = MinifiedScanner(bytes, at: start)
        guard scanner.skip("{") else { return nil }
        var members: [JSONMember] = []
        members.reserveCapacity(16)
        if scanner.skip("}") { return scanner.isAtEnd ? members : nil }
        repeat {
            guard let name = scanner.string(), scanner.skip(":"), let (value, kind) = scanner.value() else { return nil }
            members.append(JSONMember(name: name.dropFirst().dropLast(), value: value, kind: kind))
        } while scanner.skip(",")
        return scanner.skip("}") && scanner.isAtEnd ? members : nil
    }

    /// The elements of an array, which must reach to the end of the bytes.
    static func elements(in bytes: UnsafeBufferPointer<UInt8>) -> [(place: Range<Int>, kind: JSONKind)]? {
        var scanner = MinifiedScanner(bytes, at: 0)
        guard scanner.skip("[") else { return nil }
        var elements: [(Range<Int>, JSONKind)] = []
        if scanner.skip("]") { return scanner.isAtEnd ? elements : nil }
        repeat {
            guard let value = scanner.value() else { return nil }
            elements.append(value)
        } while scanner.skip(",")
        return scanner.skip("]") && scanner.isAtEnd ? elements : nil
    }
}

/// Finds the ends of values in minified JSON.
private struct MinifiedScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// The string that begins here, with its quotes.
    mutating func string() -> Range<Int>? {
        let start = position
        guard skip("\"") else { return nil }
        while position < bytes.count {
            let byte = bytes[position]
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return start..<position }
        }
        return nil
    }

    /// The value that begins here.
    mutating func value() -> (Range<Int>, JSONKind)? {
        guard position < bytes.count else { return nil }
        let start = position
        switch bytes[position] {
        case UInt8(ascii: "\""): return string().map { ($0, .string) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard skipContainer() else { return nil }
        default: skipScalar()
        }
        return JSONKind(of: bytes[start..<position]).map { (start..<position, $0) }
    }

    private mutating func skipScalar() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): return
            default: position += 1
            }
        }
    }

    private mutating func skipContainer() -> Bool {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return true }
        }
        return false
    }
}
