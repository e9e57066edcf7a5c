/// A record of one user.
struct RecordKey: Hashable, Comparable, CustomStringConvertible {
    let entity: String
    let id: String

    static func < (left: RecordKey, right: RecordKey) -> Bool { (left.entity, left.id) < (right.entity, right.id) }

    var description: String { "\(entity)/\(id)" }
}

/// What of a record is the client's.
typealias Content = [String: Value]

extension Content {
    private static let serverMembers: Set<String> = ["id", "version", "createdAt", "updatedAt", "deletedAt", "userId"]

    /// The content of a record as the server sends it.
    init(record: Value) { self = record.members.filter { !Self.serverMembers.contains($0.key) } }

    /// A patch: what is missing stays, null clears (PROTOCOL section 1).
    func applying(_ patch: Content) -> Content {
        var content = self
        for (name, value) in patch { content[name] = value == .null ? nil : value }
        return content
    }

    func value(_ name: String) -> Value { self[name] ?? .null }
}
