import SyncKit
import SyncTesting

/// Text that a person decides about.
struct ClaimNotes: EntityHandler {
    let entity = Entity("notes")
    let fields: [Field] = [.string("title", .required), .text("content", maxBytes: 300_000)]
    let conflicts = ConflictPolicy.merge(.lastWriteWins, ["content": .manual])
}

/// A bounded list that is merged.
struct ClaimStashes: EntityHandler {
    let entity = Entity("tabStashes", aliases: ["tab-stashes"])
    let fields: [Field] = [.string("windowId", .required), .strings("urls", .required, maxCount: 5)]
    let conflicts = ConflictPolicy.merge(.lastWriteWins, ["urls": .union])
}

struct ClaimSites: EntityHandler {
    let entity = Entity("siteBlockers")
    let fields: [Field] = [.string("url", .required), .string("category")]
    let uniqueRules = [UniqueRule("url")]
}

struct ClaimWeather: EntityHandler {
    let entity = Entity("weatherCache")
    let fields: [Field] = [.object("weatherData", .required)]
    let uniqueRules = [UniqueRule.onePerUser(mergesCreates: true)]
    let conflicts = ConflictPolicy.clientWins
    let isCache = true
}

struct ClaimSettings: EntityHandler {
    let entity = Entity("settings")
    let fields: [Field] = [.integer("workDuration", .required)]
    let uniqueRules = [UniqueRule.onePerUser()]
    let conflicts = ConflictPolicy.lastWriteWins
}

/// One per user, whichever device makes it first.
struct ClaimTimer: EntityHandler {
    let entity = Entity("timer")
    let fields: [Field] = [.integer("workDuration", .required)]
    let uniqueRules = [UniqueRule.onePerUser(mergesCreates: true)]
    let conflicts = ConflictPolicy.lastWriteWins
}

extension TestServer {
    static func claims() throws -> TestServer {
        try TestServer([ClaimNotes(), ClaimStashes(), ClaimSites(), ClaimWeather(), ClaimSettings(), ClaimTimer(), SampleTasks()])
    }

    /// The live record under this id.
    func live(_ id: String) throws -> JSONReply {
        let changes = try get("/api/v1/sync/changes")["serverChanges"].array
        return changes.last { $0["data"]["id"].string == id && $0["operation"].string == "update" }?["data"] ?? JSONReply(nil)
    }

    func conflicts(_ state: String = "open") throws -> [JSONReply] {
        try get("/api/v1/sync/conflicts?state=\(state)&limit=1000")["conflicts"].array
    }

    func resolve(_ conflict: JSONReply, _ resolution: String, _ members: String = "") throws -> Reply {
        try post(
            #"{"conflictId":"\#(conflict["conflictId"].string ?? "")","resolution":"\#(resolution)"\#(members)}"#,
            to: "/api/v1/sync/resolve")
    }
}
