import SyncKit
import SyncStore
import SyncTesting
import Testing

/// A database that an older handler has written, and clients of either age.
@Suite struct SchemaEvolutionTests {
    private struct Old: EntityHandler {
        let entity = Entity("things")
        let fields: [Field] = [.string("name", .required), .string("size"), .string("sort")]
    }

    /// `name` is called `title` now, `size` is a number, and `color` is new.
    private struct New: EntityHandler {
        let entity = Entity("things", schemaVersion: 3)
        let fields: [Field] = [
            .string("title", .required, .indexed), .integer("size"), .string("sort"),
            .choice("color", of: ["red", "blue"], default: "red"),
        ]
        let migrations = [
            Migration(to: 2) { $0.rename("name", to: "title") },
            Migration(to: 3) { thing in
                if let size = thing.string("size") { thing.set("size", to: Int64(size) ?? 0) }
            },
        ]
    }

    private struct Hopeless: EntityHandler {
        let entity = Entity("things", schemaVersion: 2)
        let fields: [Field] = [.string("title", .required)]
        let migrations = [Migration(to: 2) { _ in }]
    }

    private func oldServer() throws -> TestServer {
        let server = try TestServer([Old()])
        _ = try server.bulk([
            .create("things", #""id":"a","name":"A","size":"7","extra":[1]"#), .create("things", #""id":"b","name":"B""#),
            .delete("things", "b"),
        ])
        return server
    }

    @Test func aMigrationBringsTheRecordsAndAllDevicesGetThem() throws {
        let server = try oldServer()
        let seen = try server.bulk([])
        try server.restart(with: [New()])
        let reply = try server.bulk([], seen.cursor)
        #expect(!reply["reset"].exists)
        let thing = reply["serverChanges"][0]["data"]
        #expect(reply.changedIDs == ["a"])
        #expect(
            thing["title"].string == "A" && thing["size"].integer == 7 && thing["color"].string == "red" && thing["extra"][0].integer == 1)
        #expect(!thing["name"].exists)
        #expect(try server.get("/api/v1/sync/status")["entities"]["things"]["schemaVersion"].integer == 3)
        #expect(try server.bulk([.update("things", #""id":"a","color":"blue""#)], reply.since).statuses == ["applied"])
    }

    @Test func aMigratedDatabaseStartsAgainAndNotWithTheOldHandler() throws {
        let server = try oldServer()
        try server.restart(with: [New()])
        try server.restart()
        #expect(throws: StoreError.self) { try server.restart(with: [Old()]) }
    }

    @Test func aMigrationThatLeavesARecordInvalidStopsTheStartAndChangesNothing() throws {
        let server = try oldServer()
        do {
            try server.restart(with: [Hopeless()])
            Issue.record("The server has started.")
        } catch StoreError.unusable(let message) {
            #expect(message.contains("'things'") && message.contains("'a'"))
        }
        try server.restart(with: [Old()])
        #expect(try server.record("a")["name"].string == "A")
    }

    @Test func clientsOfEitherAgeLoseNothing() throws {
        let server = try TestServer([New()])
        let created = try server.bulk([.create("things", #""id":"a","title":"A","color":"blue","shape":{"sides":3}"#, by: "newer")])
        // An older client knows only the title, and sends a patch of what it knows.
        _ = try server.bulk([.update("things", #""id":"a","title":"B""#, by: "older")], created.since)
        let thing = try server.record("a")
        #expect(thing["title"].string == "B" && thing["color"].string == "blue" && thing["shape"]["sides"].integer == 3)
    }
}
