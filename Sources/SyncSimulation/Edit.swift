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
    /// The installation on which it was made.
    let installation: String
    /// Whom the server takes for its author: the device's name, or the operation's `clientId`.
    let client: String
    let baseVersion: Int64?
    /// The record as the person saw it who made the edit, with the pending edits of before.
    let seen: Content
    /// The server's copy that lay beneath.
    let copied: Content
    /// What its device's own edits had replaced before.
    var replaced: [Content] = []
    /// How often it was sent again after a conflict.
    var resendings = 0

    /// Whether its author knew this value of a field.
    func knew(_ value: Value, of field: String) -> Bool { values(of: field).contains(value) }

    /// The values of a field that its author knew.
    func values(of field: String) -> [Value] { ([seen, copied] + replaced).map { $0.value(field) } }

    var key: RecordKey? { id.map { RecordKey(entity: entity, id: $0) } }

    /// An operation that makes the whole request a 400.
    static let unreadable = Edit(
        serial: -1, kind: .update, entity: "eager", id: "x", content: [:],
        wire: .object([
            "entity": .string("eager"), "operation": .string("upset"), "data": .object(["id": .string("x")]), "clientId": .string("x"),
            "timestamp": .integer(1),
        ]), installation: "x", client: "x", baseVersion: nil, seen: [:], copied: [:])
}
