// A document is never turned into a dictionary. It is a list of places in a buffer of minified JSON: reading a field
// looks into the bytes, a patch appends what it brings, and writing copies. So nothing that a client sent is lost or
// rounded on the way, be it known here or not, and a record of ten fields costs two allocations and not fifty.

package import JSON

/// The members of a record: what a client sends in `data`, and what a table keeps.
///
/// A member whose value is null counts as absent everywhere, since null clears (PROTOCOL section 1).
public struct Document: Sendable {
    /// Minified JSON. The members lie in it, in any order and not necessarily all of it.
    private var bytes: [UInt8]
    private var members: [JSONMember]

    public init() {
        bytes = []
        members = []
    }

    package init(_ members: JSONMembers) {
        bytes = members.bytes
        self.members = members.members
        dropEarlierDuplicates()
    }

    /// The memory that it takes, in bytes.
    package var heldBytes: Int { bytes.count + members.count * MemoryLayout<JSONMember>.stride }

    /// Of two members with one name the last one counts, as in JavaScript's JSON.parse.
    private mutating func dropEarlierDuplicates() {
        guard members.count > 1 else { return }
        let isUnique = bytes.withUnsafeBufferPointer { bytes in
            // Compared in pairs: for a record's few members that is faster than any hashing.
            members.count <= 64
                && members.indices.allSatisfy { index in
                    let name = UnsafeBufferPointer(rebasing: bytes[members[index].name])
                    return members[..<index].allSatisfy { !UnsafeBufferPointer(rebasing: bytes[$0.name]).isIdentical(to: name) }
                }
        }
        if isUnique { return }
        var seen = Set<ArraySlice<UInt8>>(minimumCapacity: members.count)
        members = members.reversed().filter { seen.insert(bytes[$0.name]).inserted }.reversed()
    }
}

// MARK: - Reading

extension Document {
    public func contains(_ name: String) -> Bool { self[name] != nil }

    /// The text of a string member, nil if there is none or it is something else.
    public func string(_ name: String) -> String? { self[name]?.string }

    /// The value of a number member without a fraction.
    public func integer(_ name: String) -> Int64? { self[name]?.integer }

    public func number(_ name: String) -> Double? { self[name]?.number }

    public func boolean(_ name: String) -> Bool? { self[name]?.boolean }

    /// The members of an object.
    public func object(_ name: String) -> Document? {
        guard let value = self[name], value.kind == .object else { return nil }
        return JSONMembers(minified: Array(value.bytes)).map(Document.init)
    }

    /// The strings of an array member that holds nothing else.
    public func strings(_ name: String) -> [String]? { self[name]?.strings }

    /// The moment of a date member, whichever of its forms it has.
    public func date(_ name: String) -> Timestamp? { self[name]?.date }

    package var names: [String] { members.map { JSONString.decode(escaped: bytes[$0.name]) } }

    /// The room that the members take in JSON, in bytes.
    package var byteCount: Int { members.reduce(0) { $0 + $1.name.count + $1.value.count + 4 } }

    package var isEmpty: Bool { members.allSatisfy { $0.kind == .null } }

    /// The member's value; nil if there is none or it is null.
    package subscript(name: String) -> JSONValue? {
        guard let index = index(of: name), members[index].kind != .null else { return nil }
        return value(members[index])
    }

    /// Calls `body` with each name and value, nulls included.
    package func forEach(_ body: (String, JSONValue) throws -> Void) rethrows {
        for member in members {
            try body(JSONString.decode(escaped: bytes[member.name]), value(member))
        }
    }

    private func value(_ member: JSONMember) -> JSONValue {
        JSONValue(kind: member.kind, bytes: bytes[member.value])
    }

    private func index(of name: String) -> Int? {
        var name = name
        return name.withUTF8 { wanted in
            members.firstIndex { JSONString.escaped(bytes[$0.name], equals: wanted) }
        }
    }
}

// MARK: - Changing

extension Document {
    public mutating func set(_ name: String, to text: String) { set(name, to: JSONValue(string: text)) }

    public mutating func set(_ name: String, to number: Int64) { set(name, to: JSONValue(integer: number)) }

    public mutating func set(_ name: String, to flag: Bool) { set(name, to: JSONValue(boolean: flag)) }

    public mutating func set(_ name: String, to strings: [String]) { set(name, to: JSONValue(strings: strings)) }

    public mutating func remove(_ name: String) {
        if let index = index(of: name) { members.remove(at: index) }
    }

    /// Gives a member another name; its value stays. Does nothing if there is none.
    public mutating func rename(_ name: String, to newName: String) {
        guard let value = self[name] else { return }
        remove(name)
        set(newName, to: value)
    }

    package mutating func set(_ name: String, to value: JSONValue) {
        let start = bytes.count
        bytes += value.bytes
        let place = start..<bytes.count
        if let index = index(of: name) {
            members[index] = JSONMember(name: members[index].name, value: place, kind: value.kind)
        } else {
            JSONWriter.string(name, to: &bytes)
            members.append(JSONMember(name: place.upperBound + 1..<bytes.count - 1, value: place, kind: value.kind))
        }
    }

    package mutating func removeMembers(where isUnwanted: (String) -> Bool) {
        members.removeAll { isUnwanted(JSONString.decode(escaped: bytes[$0.name])) }
    }

    /// The document with a patch laid over it: what the patch brings replaces, null clears, the rest stays.
    package func applying(_ patch: Document) -> Document {
        var result = self
        patch.forEach { name, value in
            if value.kind == .null { result.remove(name) } else { result.set(name, to: value) }
        }
        return result
    }
}

// MARK: - Comparing and writing

extension Document: Equatable {
    /// Whether both have equal values under the same names, whatever their order.
    public static func == (left: Document, right: Document) -> Bool {
        (left.members == right.members && left.bytes == right.bytes) || left.changes(to: right).isEmpty
    }

    /// Whether both are the same to the byte, which takes no look at their values.
    package func hasSameBytes(as other: Document) -> Bool { members == other.members && bytes == other.bytes }

    /// The names under which the two differ, in this document's order and then the other's.
    package func changes(to other: Document) -> [String] {
        var changed: [String] = []
        forEach { name, value in
            if value.kind != .null, other[name] != value { changed.append(name) }
        }
        other.forEach { name, value in
            if value.kind != .null, !contains(name) { changed.append(name) }
        }
        return changed
    }

    /// Appends `"title":"Buy milk","isFocus":true` without braces; nulls are left out but where they are wanted.
    package func writeMembers(to output: inout [UInt8], keepingNulls: Bool = false) {
        var isFirst = true
        for member in members where keepingNulls || member.kind != .null {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            output.append(UInt8(ascii: "\""))
            output += bytes[member.name]
            output += "\":".utf8
            output += bytes[member.value]
        }
    }
}

extension Document {
    /// The members of an object that is given as minified JSON; nil if it is not one.
    package init?(json: String) {
        guard let members = JSONMembers(minified: Array(json.utf8)) else { return nil }
        self.init(members)
    }
}
