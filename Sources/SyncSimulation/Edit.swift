/// One edit that a device made, as it waits in the queue and goes over the wire.
struct Edit: Sendable {
    enum Kind: String {
        case create, update, delete
    }

    /// Names the edit in the simulation; the server never sees it.
    let serial: Int
    let kind: Kind
    let entity: String
    /// Nil for a create that leaves the id to the server.
    let id: String?
    /// What it wants to be in the record.
    let content: Content
    /// The operation's JSON.
    var wire: Value
    /// Whom the server takes for its author: the device's name, or the operation's `clientId`.
    let client: String
    let baseVersion: Int64?
    /// The record as the person saw it who made the edit, with the pending edits of before.
    let seen: Content
    /// The server's copy that lay beneath.
    let copied: Content
    /// What its device's own edits had replaced before.
    var replaced: [Content] = []

    /// Whether its author knew this value of a field.
    func knew(_ value: Value, of field: String) -> Bool { ([seen, copied] + replaced).contains { $0.value(field) == value } }

    var key: RecordKey? { id.map { RecordKey(entity: entity, id: $0) } }

    /// An operation that makes the whole request a 400.
    static let unreadable = Edit(
        serial: -1, kind: .update, entity: "eager", id: "x", content: [:],
        wire: .object([
            "entity": .string("eager"), "operation": .string("update"), "data": .object(["id": .string("x")]), "clientId": .string("x"),
            "timestamp": .string("yesterday"),
        ]), client: "x", baseVersion: nil, seen: [:], copied: [:])
}
