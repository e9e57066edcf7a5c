import Foundation
import SyncTesting
import Testing

/// A new server takes the place of one that runs, behind nginx and under load.
@Suite struct TakeoverTests {
    @Test func aNewServerTakesThePlaceOfOneUnderLoadAndNoRequestFails() async throws {
        let live = try await LiveWebServer(.nginx)
        let load = Load(of: try live.client("alice"))
        try await eventually("some load") { load.acknowledged.count > 100 }
        for _ in 1...3 {
            let count = load.acknowledged.count
            #expect(try await live.takeOver() == 0)
            try await eventually("the new one answers") { load.acknowledged.count > count + 100 }
        }
        await load.stop()
        #expect(load.failures == [])
        let rows = try Shell.run("sqlite3", [live.database, "SELECT id FROM tasks"])
        #expect(load.acknowledged == Set(rows.split(separator: "\n").map(String.init)))
        #expect(try Shell.run(Binary.path, ["check", "--full", "--state", live.state]) == "All is well.\n")
    }

    @Test func thereMayBeNobodyWhosePlaceIsTaken() async throws {
        let live = try await LiveWebServer(.nginx)
        try await live.stopResponder()
        try await live.takeOver()
        #expect(try await live.client("alice").get("/api/v1/sync/status").status == 200)
    }

    @Test func aSocketThatSomebodyElseKeepsOpenIsLeftAlone() async throws {
        let live = try await LiveWebServer(.systemd)
        let outcome = try live.serveInVain("--take-over", "--listen", "unix:\(live.socket)")
        #expect(outcome.contains("is kept open by 'python3'"), "\(outcome)")
        #expect(try await live.client("alice").get("/api/v1/sync/status").status == 200)
    }

    @Test func aServerWhoseTablesAreOthersDoesNotTakeThePlaceOfOneThatRuns() async throws {
        let live = try await LiveWebServer(.nginx)
        let client = try live.client("alice")
        #expect(try await client.bulk([.create("tasks", #""id":"t1","title":"A""#)]).status == 200)
        // As if the new program had a newer handler.
        _ = try Shell.run("sqlite3", [live.database, "UPDATE entities SET schema_version = 0 WHERE name = 'tasks'"])
        let outcome = try live.serveInVain("--take-over")
        #expect(outcome.contains("Its tables have to be changed, and another server has it open. Stop that one first."), "\(outcome)")
        #expect(try await client.get("/api/v1/sync/status").status == 200)
    }
}
