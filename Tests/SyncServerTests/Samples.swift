import SyncEngine
import SyncKit
import SyncTesting

/// Entities for these tests, so that they do not depend on what stands in Plugins/.
struct SampleTasks: EntityHandler {
    let entity = Entity("tasks")
    let fields: [Field] = [
        .string("title", .required, length: 1...50),
        .boolean("isFocus", default: false),
        .date("dueDate"),
    ]
}

struct SampleLinks: EntityHandler {
    let entity = Entity("links")
    let fields: [Field] = [.string("url", .required), .string("label")]
    let uniqueRules = [UniqueRule("url")]

    func normalize(_ document: inout Document) {
        if let label = document.string("label") { document.set("label", to: label.uppercased()) }
    }

    func validate(_ document: Document) throws(ValidationError) {
        if document.string("label") == "FORBIDDEN" { throw ValidationError("label", "'label' must not be forbidden.") }
    }
}

extension TestServer {
    static func sample(limits: Limits = Limits()) throws -> TestServer {
        try TestServer([SampleTasks(), SampleLinks()], limits: limits)
    }
}

extension Reply {
    var statuses: [String] { self["results"].array.compactMap(\.["status"].string) }
    var conflictTypes: [String] { self["conflicts"].array.compactMap(\.["type"].string) }
    var changedIDs: [String] { self["serverChanges"].array.compactMap(\.["data"]["id"].string) }
    var timestamp: String { self["timestamp"].string ?? "" }
    var since: String { "\"lastSyncTimestamp\":\"\(timestamp)\"" }
    var cursor: String { "\"cursor\":\"\(self["cursor"].string ?? "")\"" }
}
