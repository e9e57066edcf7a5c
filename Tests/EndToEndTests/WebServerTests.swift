import Foundation
import HTTPTypes
import SyncTesting
import Testing

/// What clients are promised holds behind every web server, and with every way to start the responder.
@Suite(.serialized) struct WebServerTests {
    @Test(arguments: WebServer.allCases) func largeBodiesAndLargeAnswersPass(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let client = try server.client("alice")
        let text = String(repeating: "x", count: 200_000)
        let reply = try await client.bulk((1...5).map { .create("notes", #""id":"n\#($0)","title":"\#($0) ä€😀","content":"\#(text)""#) })
        #expect(reply["results"].array.map(\.["status"].string) == Array(repeating: "applied", count: 5))
        let changes = try await client.get("/api/v1/sync/changes")
        #expect(changes.text.utf8.count > 1_000_000)
        #expect(changes["serverChanges"].array.map(\.["data"]["title"].string) == (1...5).map { "\($0) ä€😀" })
        #expect(changes["serverChanges"].array.allSatisfy { $0["data"]["content"].string == text })
        #expect(changes.fields[.cacheControl] == "no-store")
    }

    @Test(arguments: WebServer.allCases) func bodiesAndAnswersMayBeCompressedAndBodiesMayComeInChunks(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let client = try server.client("alice")
        let operations = (0..<300).map { TestOperation.create("tasks", #""id":"t\#($0)","title":"A""#).json }.joined(separator: ",")
        let file = server.state + "/body.json"
        try "{\"operations\":[\(operations)]}".write(toFile: file, atomically: false, encoding: .utf8)
        _ = try Shell.run("gzip", ["-k", file])
        func curl(_ arguments: String..., target: String) throws -> String {
            try Shell.run(
                "curl", ["-s", "-H", "Authorization: Bearer \(client.token)"] + arguments + [server.url + "/api/v1/sync" + target])
        }
        let json = "Content-Type: application/json"
        let inflated = try curl("-H", json, "-H", "Content-Encoding: gzip", "--data-binary", "@\(file).gz", target: "/bulk")
        #expect(inflated.contains(#""success":true"#), "\(inflated)")
        let chunked = try curl("-H", json, "-H", "Transfer-Encoding: chunked", "--data-binary", "@\(file)", target: "/bulk")
        #expect(chunked.contains(#""success":true"#), "\(chunked)")
        let fields = try curl("-H", "Accept-Encoding: gzip", "-D", "-", "-o", "/dev/null", target: "/changes").lowercased()
        #expect(fields.contains("content-encoding: gzip"), "\(fields)")
        #expect(try curl("--compressed", target: "/changes").contains(#""id":"t299""#))
    }

    @Test(arguments: WebServer.allCases) func pathsQueriesAndFieldsArriveAsTheyWereSent(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let client = try server.client("alice")
        let sync = "/api/v1/sync"
        #expect(try await client.get(sync + "/a%20b%2Fc%C3%A4%25")["message"].string == "There is nothing at '/api/v1/sync/a b/cä%'.")
        #expect(try await client.get(sync + "/%73tatus").status == 200)
        #expect(
            try await client.get(sync + "/changes?entities=tas%6Bs%2Cno+t%26%3D%2Bs&limit=%31")["errors"][0]["message"].string
                == "Entity 'no t&=+s' is unknown.")

        let status = try await client.get(sync + "/status")
        let tag = try #require(status.fields[.eTag])
        #expect(try await client.get(sync + "/status", fields: ["If-None-Match": tag]).status == 304)
        let head = try await client.send("HEAD", sync + "/status")
        #expect(head.status == 200 && head.text.isEmpty && head.fields[.eTag] != nil)
        #expect(head.fields[.contentType] == "application/json")
    }

    @Test(arguments: WebServer.allCases) func errorsAreTheServersOwn(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let client = try server.client("alice")
        let sync = "/api/v1/sync"
        #expect(try await client.get(sync + "/nothing")["code"].integer == 404)
        let method = try await client.get(sync + "/bulk")
        #expect(method["code"].integer == 405 && method.fields[.allow] == "POST")
        let stranger = try await server.client(token: "").get(sync + "/status")
        #expect(stranger["code"].integer == 401 && stranger.fields[.wwwAuthenticate] == "Bearer realm=\"meelio-sync\"")
        #expect(try await client.post(sync + "/bulk", "{")["code"].integer == 400)
        #expect(try await client.post(sync + "/bulk", "{}", fields: ["Content-Type": "text/plain"])["code"].integer == 415)

        let tooLarge = try await client.post(sync + "/bulk", String(repeating: " ", count: 1_100_000))
        #expect(tooLarge["code"].integer == 413)
        #expect(tooLarge["message"].string?.contains("1048576 bytes") == true)
        // Above the web server's own limit, where it has one.
        let farTooLarge = try await client.post(sync + "/bulk", String(repeating: " ", count: 3_000_000))
        #expect(farTooLarge.status == 413)
        if kind.explainsItself { #expect(farTooLarge["code"].integer == 413, "\(farTooLarge.text)") }
        #expect(try await client.get(sync + "/status").status == 200)
    }

    @Test(arguments: WebServer.allCases) func theOutsideSeesNothingThatIsForTheOperator(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        for path in ["/metrics", "/ready", "/health"] {
            #expect(try await server.client(token: "").get(path).status == 200)
            #expect(try server.statusFromOutside(path) == "403")
        }
        for target in [
            "/metrics?/api/v1/sync/", "/%6detrics", "//metrics", "/./metrics", "/api/v1/sync/../../../metrics", "/metrics/",
            "/metrics/../api/v1/sync/status", "/metrics%3f/../api/v1/sync/status", "/metrics#/../api/v1/sync/status",
            "/metrics%23/../api/v1/sync/status", server.url + "/metrics", "/api/v1/sync/%2e%2e/%2e%2e/%2e%2e/metrics", "/METRICS",
        ] {
            let status = try server.statusFromOutside(target)
            #expect(status.hasPrefix("4"), "\(target): \(status)")
        }
        #expect(try server.statusFromOutside("/api/v1/sync/status") == "401")
    }

    @Test(arguments: WebServer.allCases) func manyClientsAtOnceGetTheirOwnAnswers(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let client = try server.client("alice")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for device in 0..<32 {
                group.addTask {
                    for round in 0..<5 {
                        let id = "d\(device)-\(round)"
                        let reply = try await client.bulk([.create("tasks", #""id":"\#(id)","title":"A""#, by: "d\(device)")])
                        #expect(reply["results"][0]["id"].string == id)
                        #expect(reply["results"][0]["status"].string == "applied")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try Shell.run("sqlite3", [server.database, "SELECT count(*), count(DISTINCT version) FROM tasks"]) == "160|160\n")
    }

    @Test(arguments: WebServer.allCases) func aRestartOfTheWebServerLosesNothingAcknowledged(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let load = Load(of: try server.client("alice"))
        try await eventually("some load") { load.acknowledged.count > 50 }
        try await server.restartWebServer()
        let before = load.acknowledged.count
        try await eventually("some load after the restart") { load.acknowledged.count > before + 50 }
        await load.stop()
        let rows = try Shell.run("sqlite3", [server.database, "PRAGMA integrity_check; SELECT id FROM tasks"])
        let stored = Set(rows.split(separator: "\n").map(String.init))
        #expect(stored.contains("ok"))
        #expect(load.acknowledged.subtracting(stored).isEmpty)
    }

    @Test(arguments: WebServer.allCases) func whileTheResponderIsAwayClientsAreToldToComeAgain(behind kind: WebServer) async throws {
        let server = try await LiveWebServer(kind)
        let client = try server.client("alice")
        try await server.stopResponder()
        if !kind.bringsResponderBack {
            let reply = try await client.get("/api/v1/sync/status")
            #expect([502, 503].contains(reply.status))
            if kind.explainsItself {
                #expect(reply["code"].integer == reply.status)
                #expect(reply["message"].string?.hasSuffix(".") == true)
                #expect(Int(reply.fields[.retryAfter] ?? "") ?? 0 > 0)
            }
            try await server.startResponder()
        }
        // systemd keeps the socket open, and what comes meanwhile waits in it.
        if kind == .systemd { #expect(try await client.get("/api/v1/sync/status").status == 200) }
        try await eventually("the responder is back") { try await client.get("/api/v1/sync/status").status == 200 }
    }
}
