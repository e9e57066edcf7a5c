import SyncTesting
import Testing

/// What the web servers tell the responder of a request.
@Suite(.serialized) struct ForwardedRequestTests {
    @Test(arguments: WebServer.connecting) func nobodyIsAUserByTheirOwnWord(behind kind: WebServer) async throws {
        try await withEcho(behind: kind) { client in
            let forged = ["Remote-User": "mallory", "REMOTE_USER": "mallory", "X-Remote-User": "mallory"]
            #expect(try await client.get("/api/v1/sync/x", fields: forged)["user"].string == nil)
            // mallory:secret, which nobody has checked.
            let credentials = ["Authorization": "Basic bWFsbG9yeTpzZWNyZXQ="]
            let reply = try await client.get("/api/v1/sync/x", fields: credentials)
            #expect(reply["path"].string == "/api/v1/sync/x" && reply["user"].string == nil)
        }
    }

    @Test(arguments: WebServer.connecting) func theTokenArrivesAsItWasSent(behind kind: WebServer) async throws {
        try await withEcho(behind: kind) { client in
            let reply = try await client.get("/api/v1/sync/x?a=1&b=%20+", fields: ["Authorization": "bEARER a.b-c_d~e+f/g="])
            #expect(reply["authorization"].string == "bEARER a.b-c_d~e+f/g=")
            #expect(reply["query"].string == "a=1&b=%20+")
        }
    }

    @Test(arguments: WebServer.connecting.filter(\.givesIDs)) func eachRequestGetsAnIDOfTheWebServers(behind kind: WebServer) async throws {
        try await withEcho(behind: kind) { client in
            var ids: Set<String> = []
            for _ in 1...3 {
                let reply = try await client.get("/api/v1/sync/x", fields: ["X-Request-ID": "forged"])
                ids.insert(reply["id"].string ?? "")
            }
            #expect(ids.count == 3 && ids.isDisjoint(with: ["", "forged"]))
        }
    }

    private func withEcho(behind kind: WebServer, _ body: (LiveClient) async throws -> Void) async throws {
        let server = try await LiveWebServer(kind, withResponder: false)
        let responder = try EchoResponder(on: server.socket)
        let client = server.client(token: "")
        try await eventually("an echo") { try await client.get("/api/v1/sync/x").status == 200 }
        try await body(client)
        withExtendedLifetime(responder) {}
    }
}
