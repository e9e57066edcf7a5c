import Foundation
import SyncTesting
import Testing

/// The user is whom the web server has authenticated, as Docs/deployment.md has it (`auth.mode: remoteUser`).
@Suite struct RemoteUserTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// nginx that knows alice and bob by their passwords.
    private func server() async throws -> LiveWebServer {
        let passwords = folder.path + "/htpasswd"
        try "alice:{PLAIN}a-secret\nbob:{PLAIN}b-secret\n".write(toFile: passwords, atomically: false, encoding: .utf8)
        return try await LiveWebServer(.nginx, settings: ["MEELIO_SYNC_AUTH_MODE": "remoteUser"]) { text in
            text.replacing(
                "location /api/v1/sync/ {",
                with: "location /api/v1/sync/ {\n    auth_basic \"Meelio Sync\";\n    auth_basic_user_file \(passwords);"
            )
            .replacing("fastcgi_param REMOTE_USER \"\";", with: "fastcgi_param REMOTE_USER $remote_user;")
        }
    }

    private func credentials(_ name: String, _ password: String) -> [String: String] {
        ["Authorization": "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()]
    }

    @Test func whoHasThePasswordIsTheUserAndNobodySeesAnothers() async throws {
        let server = try await server()
        let client = server.client(token: "")
        let (alice, bob) = (credentials("alice", "a-secret"), credentials("bob", "b-secret"))
        let body = #"{"operations":[\#(TestOperation.create("tasks", #""id":"a","title":"A""#).json)]}"#
        #expect(try await client.post("/api/v1/sync/bulk", body, fields: alice)["success"].boolean == true)
        #expect(try await client.get("/api/v1/sync/changes", fields: alice)["serverChanges"].array.count == 1)
        #expect(try await client.get("/api/v1/sync/changes", fields: bob)["serverChanges"].array.isEmpty)
    }

    @Test func aWrongPasswordAndAnyTokenAreRefused() async throws {
        let server = try await server()
        // curl, since URLSession waits for ever for somebody to type a password.
        func status(_ fields: [String: String]) throws -> String {
            try Shell.run(
                "curl",
                ["-s", "-o", "/dev/null", "-w", "%{http_code}", server.url + "/api/v1/sync/status"]
                    + fields.flatMap { ["-H", "\($0.key): \($0.value)"] })
        }
        #expect(try status([:]) == "401")
        #expect(try status(credentials("alice", "a-secret")) == "200")
        #expect(try status(credentials("alice", "b-secret")) == "401")
        #expect(try status(["Authorization": "Bearer \(server.client("alice").token)"]) == "401")
    }
}
