import Foundation
import SyncTesting
import Testing

/// Nothing acknowledged is lost, nobody sees another's records, and nothing is missed, through the web server.
@Suite struct DataSafetyTests {
    @Test func twoUsersNeverMeet() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let (alice, bob) = (try server.client("alice"), try server.client("bob"))
        _ = try await alice.bulk([.create("notes", #""id":"n1","title":"Alice's""#)])
        _ = try await bob.bulk([.create("notes", #""id":"n1","title":"Bob's""#)])
        let intrusion = try await bob.bulk([.update("notes", #""id":"n2","title":"x""#), .delete("notes", "n1")])
        #expect(intrusion["conflicts"].array.count == 1)
        let changes = try await alice.get("/api/v1/sync/changes")["serverChanges"]
        #expect(changes.array.map(\.["data"]["title"].string) == ["Alice's"])
        let cursor = try await alice.get("/api/v1/sync/changes")["cursor"].string ?? ""
        #expect(try await bob.get("/api/v1/sync/changes?cursor=\(cursor)")["resetReason"].string == "malformed")
    }

    @Test func pagesOfAHundredMissNothingWhileOthersWrite() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        for start in stride(from: 0, to: 2500, by: 500) {
            let reply = try await client.bulk((start..<start + 500).map { .create("tasks", #""id":"t\#($0)","title":"\#($0)""#) })
            #expect(reply["success"].boolean == true)
        }
        let writer = Task {
            for round in 0..<40 {
                _ = try await client.bulk(
                    [
                        .update("tasks", #""id":"t\#(round * 60)","title":"changed \#(round)""#, by: "phone"),
                        .create("tasks", #""id":"new\#(round)","title":"new""#, by: "phone"),
                        .delete("tasks", "t\(round * 60 + 1)", by: "phone"),
                    ], "\"lastSyncTimestamp\":4102444800000", "\"limit\":1")
            }
        }
        var copy: [String: String] = [:]
        var cursor = ""
        var hasMore = true
        func pull() async throws {
            let reply = try await client.get("/api/v1/sync/changes?limit=100" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
            #expect(reply["serverChanges"].array.count <= 100)
            #expect(!reply["reset"].exists)
            for change in reply["serverChanges"].array {
                copy[change["data"]["id"].string ?? ""] = change["operation"].string == "delete" ? nil : change["data"]["title"].string
            }
            cursor = reply["cursor"].string ?? ""
            hasMore = reply["hasMore"].boolean ?? false
        }
        while hasMore { try await pull() }
        try await writer.value
        repeat { try await pull() } while hasMore

        let rows = try Shell.run("sqlite3", [server.database, "SELECT id || '=' || title FROM tasks WHERE deleted = 0"])
        let stored = Set(rows.split(separator: "\n").map(String.init))
        #expect(stored.count == 2500)
        #expect(stored == Set(copy.map { "\($0)=\($1)" }))
    }

    @Test func sixtyFourClientsAtOnceGetTheirOwnAnswers() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for device in 0..<64 {
                group.addTask {
                    for round in 0..<10 {
                        let reply = try await client.bulk(
                            [.create("tasks", #""id":"d\#(device)-\#(round)","title":"A""#, by: "d\(device)")], "\"limit\":1000")
                        #expect(reply["results"][0]["id"].string == "d\(device)-\(round)")
                        #expect(reply["results"][0]["status"].string == "applied")
                    }
                }
            }
            try await group.waitForAll()
        }
        let versions = try Shell.run("sqlite3", [server.database, "SELECT count(*), count(DISTINCT version) FROM tasks"])
        #expect(versions == "640|640\n")
    }

    @Test func whatWasAcknowledgedIsThereAfterAKill() async throws {
        let folder = try TemporaryFolder()
        let first = try await LiveServer(in: folder)
        let client = try first.client("alice")
        let load = Load(of: client)
        try await eventually("some load") { load.acknowledged.count > 100 }
        kill(try first.responder, SIGKILL)
        #expect(try await first.exitStatus() != 0)
        await load.stop()
        #expect(first.output.contains("The responder has ended by itself"))

        let second = try await LiveServer(in: folder)
        let rows = try Shell.run("sqlite3", [second.database, "PRAGMA integrity_check; SELECT id FROM tasks"])
        let stored = Set(rows.split(separator: "\n").map(String.init))
        #expect(stored.contains("ok"))
        #expect(load.acknowledged.subtracting(stored).isEmpty)
        var pulled: Set<String> = []
        var reply = try await second.client("alice").get("/api/v1/sync/changes?limit=1000")
        while true {
            pulled.formUnion(reply["serverChanges"].array.compactMap(\.["data"]["id"].string))
            guard reply["hasMore"].boolean == true else { break }
            reply = try await second.client("alice").get("/api/v1/sync/changes?limit=1000&cursor=\(reply["cursor"].string ?? "")")
        }
        #expect(load.acknowledged.subtracting(pulled).isEmpty)
    }

    @Test func aStopCutsNoRequestThatHasReachedTheServer() async throws {
        let folder = try TemporaryFolder()
        let server = try await LiveServer(in: folder)
        let load = Load(of: try server.client("alice"))
        try await eventually("some load") { load.acknowledged.count > 100 }
        // The responder alone, under a web server that goes on sending: script/server would stop nginx first.
        kill(try server.responder, SIGTERM)
        _ = try await server.exitStatus()
        await load.stop()
        let log = server.nginxLog
        #expect(!log.contains("prematurely closed"), "\(log.suffix(2000))")
        #expect(!log.contains("reset by peer"), "\(log.suffix(2000))")
        #expect(server.output.contains("Stopped."))
        let rows = try Shell.run("sqlite3", [server.database, "SELECT id FROM tasks"])
        #expect(load.acknowledged.subtracting(rows.split(separator: "\n").map(String.init)).isEmpty)
    }
}
