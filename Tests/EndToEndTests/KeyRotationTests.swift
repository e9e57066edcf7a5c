import Foundation
import SyncTesting
import Testing

/// The keys of an identity provider change while the server runs.
@Suite struct KeyRotationTests {
    private let claims = #"{"sub":"alice","exp":9999999999,"iss":"https://id.example/","aud":"sync"}"#

    @Test func keysAreReadAgainAtSIGHUPAndABadFileChangesNothing() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/jwks.json"
        let (old, new) = (ProviderKey.es256("old"), ProviderKey.edDSA("new"))
        try ProviderKey.set([old]).write(toFile: file, atomically: true, encoding: .utf8)
        let settings = [
            "MEELIO_SYNC_AUTH_JWKS": "jwks.json", "MEELIO_SYNC_AUTH_ISSUER": "https://id.example/", "MEELIO_SYNC_AUTH_AUDIENCE": "sync",
        ]
        let server = try await LiveServer(in: folder, environment: settings)
        let (before, after) = (server.client(token: try old.token(claims)), server.client(token: try new.token(claims)))
        #expect(try await before.get("/api/v1/sync/status").status == 200)
        #expect(try await after.get("/api/v1/sync/status").status == 401)

        try "no key set".write(toFile: file, atomically: true, encoding: .utf8)
        kill(try server.responder, SIGHUP)
        try await eventually("the log says that the file is bad") { server.output.contains("The keys stay as they were.") }
        #expect(try await before.get("/api/v1/sync/status").status == 200)

        try ProviderKey.set([new]).write(toFile: file, atomically: true, encoding: .utf8)
        kill(try server.responder, SIGHUP)
        try await eventually("the new key counts") { try await after.get("/api/v1/sync/status").status == 200 }
        #expect(try await before.get("/api/v1/sync/status").status == 401)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/signing.key"))
    }
}
