import Foundation
import SyncTesting
import Testing

/// What the README promises to somebody who tries the server for the first time.
@Suite struct GuideTests {
    @Test func aTaskOfOneDeviceComesBackOnAnother() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        #expect(try await client.get("/api/v1/sync/status")["timestamp"].string == "1970-01-01T00:00:00.000Z")

        let created = try await client.bulk([
            .create("tasks", #""id":"t1","title":"Buy milk""#),
            .create("tasks", #""id":"t2","title":"Call Ann","isFocus":true,"dueDate":"2026-12-24T18:00:00+01:00""#),
        ])
        #expect(created.status == 200)
        #expect(created["success"].boolean == true)
        #expect(created["results"].array.map(\.["status"].string) == ["applied", "applied"])

        let rows = try Shell.run("sqlite3", [server.database, "SELECT id, title, is_focus, status, due_date FROM tasks ORDER BY id"])
        #expect(rows == "t1|Buy milk|0|pending|\nt2|Call Ann|1|pending|2026-12-24T17:00:00.000Z\n")

        let unknown = try await client.bulk([.update("tasks", #""id":"nobody","title":"A""#)])
        #expect(unknown["success"].boolean == false)
        #expect(unknown["conflicts"][0]["type"].string == "not_found")
        #expect(unknown["conflicts"][0]["data"]["id"].string == "nobody")
        #expect(unknown["conflicts"][0]["clientId"].string == "laptop")

        let second = try await client.bulk([])
        #expect(second["serverChanges"].array.map(\.["data"]["title"].string) == ["Buy milk", "Call Ann"])
        let cursor = second["cursor"].string ?? ""

        _ = try await client.bulk([.delete("tasks", "t1")], "\"lastSyncTimestamp\":\"\(created["timestamp"].string ?? "")\"")
        let third = try await client.bulk([], "\"cursor\":\"\(cursor)\"")
        #expect(third["serverChanges"].array.map(\.["operation"].string) == ["delete"])
        #expect(third["serverChanges"][0]["data"].names == ["id", "version", "updatedAt", "deletedAt"])
    }

    @Test func thePrintedLineWorksWhenPasted() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let line = try #require(server.output.split(separator: "\n").first { $0.hasPrefix("curl ") })
        let answer = try Shell.run("bash", ["-c", String(line)])
        #expect(answer.contains(#""success":true"#), "\(answer)")
        #expect(try Shell.run("sqlite3", [server.database, "SELECT title FROM tasks"]) == "Buy milk\n")
    }

    @Test func scriptTokenSignsWithTheKeyOfTheState() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let reply = try await server.client("carol").get("/api/v1/sync/status")
        #expect(reply.status == 200)
        let attributes = try FileManager.default.attributesOfItem(atPath: server.state + "/signing.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func errorsOfEveryKindAreJSON() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        #expect(try await client.get("/api/v1/sync/nothing")["code"].integer == 404)
        #expect(try await client.get("/api/v1/sync/bulk")["code"].integer == 405)
        #expect(try await client.post("/api/v1/sync/bulk", "{")["code"].integer == 400)
        #expect(try await client.post("/api/v1/sync/bulk", "{}", fields: ["Content-Type": "text/html"])["code"].integer == 415)
        let large = "{\"operations\":[],\"padding\":\"\(String(repeating: "x", count: 1_200_000))\"}"
        #expect(try await client.post("/api/v1/sync/bulk", large)["code"].integer == 413)
        let stranger = LiveClient(url: server.url, token: "nonsense", session: client.session)
        #expect(try await stranger.get("/api/v1/sync/status")["code"].integer == 401)
    }

    @Test func aCompressedBodyIsReadAndOneThatInflatesTooFarIsRefused() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        func send(_ body: String) throws -> String {
            let file = server.state + "/body-\(body.utf8.count).json"
            try Data(body.utf8).write(to: URL(filePath: file))
            _ = try Shell.run("gzip", ["-f", file])
            return try Shell.run(
                "curl",
                [
                    "-s", "-H", "Authorization: Bearer \(client.token)", "-H", "Content-Type: application/json", "-H",
                    "Content-Encoding: gzip",
                    "--data-binary", "@\(file).gz", server.url + "/api/v1/sync/bulk",
                ])
        }
        let operations = (0..<300).map { TestOperation.create("tasks", #""id":"t\#($0)","title":"A""#).json }.joined(separator: ",")
        #expect(try send("{\"operations\":[\(operations)]}").contains(#""success":true"#))
        let bomb = "{\"operations\":[],\"x\":\"\(String(repeating: "a", count: 5_000_000))\"}"
        #expect(try send(bomb).contains(#""code":413"#))
    }

    @Test func answersAreCompressedForThoseWhoAskForIt() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        _ = try await client.bulk((0..<50).map { .create("tasks", #""id":"t\#($0)","title":"A task like every other""#) })
        let fields = try Shell.run(
            "curl",
            [
                "-s", "-D", "-", "-o", "/dev/null", "-H", "Accept-Encoding: gzip", "-H", "Authorization: Bearer \(client.token)",
                server.url + "/api/v1/sync/changes",
            ])
        #expect(fields.lowercased().contains("content-encoding: gzip"))
    }
}
