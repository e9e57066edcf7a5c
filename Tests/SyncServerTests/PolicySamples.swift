import SyncEngine
import SyncKit
import SyncTesting

/// One entity for each conflict policy.
struct PolicySample: EntityHandler {
    let entity: Entity
    let conflicts: ConflictPolicy
    let deletes: DeletePolicy
    let uniqueRules: [UniqueRule]
    let fields: [Field] = [
        .string("title", .required, length: 1...50),
        .string("text"),
        .integer("from"),
        .integer("to"),
        .strings("tags"),
    ]

    init() { self.init("server", .serverWins) }

    init(_ name: String, _ conflicts: ConflictPolicy, deletes: DeletePolicy = .deleteWins, uniqueRules: [UniqueRule] = []) {
        entity = Entity(name)
        self.conflicts = conflicts
        self.deletes = deletes
        self.uniqueRules = uniqueRules
    }

    func validate(_ document: Document) throws(ValidationError) {
        guard let from = document.integer("from"), let to = document.integer("to"), to < from else { return }
        throw ValidationError("to", "'to' must not be less than 'from'.")
    }

    static let all: [any EntityHandler] = [
        PolicySample("server", .serverWins),
        PolicySample("client", .clientWins),
        PolicySample("last", .lastWriteWins),
        PolicySample("ask", .manual, deletes: .conflict),
        PolicySample("merged", .merge(.lastWriteWins, ["text": .manual, "to": .max, "tags": .union])),
        PolicySample("one", .serverWins, uniqueRules: [.onePerUser()]),
        PolicySample("cache", .clientWins, uniqueRules: [.onePerUser(mergesCreates: true)]),
    ]
}

extension TestServer {
    static func policies(limits: Limits = Limits()) throws -> TestServer { try TestServer(PolicySample.all, limits: limits) }

    /// A record `r` that the phone made and the laptop has changed: an edit with the returned base is concurrent to that.
    func changedByLaptop(_ entity: String, _ made: String = #""title":"A""#, _ change: String = #""title":"B""#) throws -> String {
        let created = try bulk([.create(entity, #""id":"r",\#(made)"#, by: "phone")])
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        let changed = try bulk([.update(entity, #""id":"r",\#(change)"#, by: "laptop", base)])
        if changed.statuses != ["applied"] { throw Unexpected(reply: changed.text) }
        return base
    }

    func record(_ id: String = "r") throws -> JSONReply {
        let changes = try get("/api/v1/sync/changes")["serverChanges"].array
        return changes.first { $0["data"]["id"].string == id }?["data"] ?? JSONReply(nil)
    }
}

struct Unexpected: Error {
    let reply: String
}
