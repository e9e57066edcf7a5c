import CSimdJSON

/// A value in a text that was just parsed. Valid inside ``JSONParser/parse(_:_:)`` only.
package struct JSONElement {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let nodes: UnsafeBufferPointer<csimdjson_node>
    private let index: Int

    init(bytes: UnsafeBufferPointer<UInt8>, nodes: UnsafeBufferPointer<csimdjson_node>, index: Int) {
        self.bytes = bytes
        self.nodes = nodes
        self.index = index
    }

    private var node: csimdjson_node { nodes[index] }

    private var range: Range<Int> { Int(node.start)..<Int(node.end) }

    package var kind: JSONKind { JSONKind(rawValue: node.kind) ?? .null }

    /// How deep the value is nested: 0 unless it is a container, 1 for `{}` and `[1]`.
    package var depth: Int { Int(node.depth) }

    /// The number of an array's elements or an object's members; nil for anything else.
    package var count: Int? { kind == .array || kind == .object ? Int(node.count) : nil }

    /// The value as minified JSON.
    package var minified: [UInt8] { Array(bytes[range]) }

    package var string: String? { withUTF8 { JSONString.decode(escaped: $0) } }

    /// The number, if it has no fraction and fits; `1.0` is the integer 1 as in JavaScript.
    package var integer: Int64? {
        switch kind {
        case .integer: Int64(String(decoding: bytes[range], as: UTF8.self))
        case .double: Double(String(decoding: bytes[range], as: UTF8.self)).flatMap { Int64(exactly: $0) }
        default: nil
        }
    }

    /// The result of `body` for a string's bytes, in which escapes are as in JSON; nil for anything else.
    package func withUTF8<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value?) -> Value? {
        kind == .string ? body(UnsafeBufferPointer(rebasing: bytes[range.dropFirst().dropLast()])) : nil
    }

    /// Calls `body` with each name and value of an object; does nothing for anything else.
    package func forEachMember(_ body: (String, JSONElement) -> Void) {
        guard kind == .object else { return }
        var place = index + 1
        while place < node.next {
            body(at(place).string ?? "", at(place + 1))
            place = Int(nodes[place + 1].next)
        }
    }

    /// Calls `body` with each position and element of an array; false, without a call, for anything else.
    package func forEachElement(_ body: (Int, JSONElement) -> Void) -> Bool {
        guard kind == .array else { return false }
        var place = index + 1
        var position = 0
        while place < node.next {
            body(position, at(place))
            position += 1
            place = Int(nodes[place].next)
        }
        return true
    }

    /// The members of an object, with a copy of its JSON to lie in; nil for anything else.
    package func members() -> JSONMembers? {
        guard kind == .object else { return nil }
        var members: [JSONMember] = []
        members.reserveCapacity(Int(node.count))
        let start = Int(node.start)
        var place = index + 1
        while place < node.next {
            let (name, value) = (nodes[place], nodes[place + 1])
            members.append(
                JSONMember(
                    name: Int(name.start) + 1 - start..<Int(name.end) - 1 - start, value: Int(value.start) - start..<Int(value.end) - start,
                    kind: JSONKind(rawValue: value.kind) ?? .null))
            place = Int(value.next)
        }
        return JSONMembers(bytes: minified, members: members)
    }

    private func at(_ place: Int) -> JSONElement { JSONElement(bytes: bytes, nodes: nodes, index: place) }
}
