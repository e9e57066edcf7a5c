import Foundation
import SyncTesting
import Testing

/// script/server says what is wrong and leaves nothing behind.
@Suite struct ServerScriptTests {
    @Test func itStopsCleanly() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let responder = try server.responder
        #expect(try await server.stop() == 0)
        #expect(kill(responder, 0) != 0)
        #expect(!FileManager.default.fileExists(atPath: server.state + "/meelio-sync.sock"))
        // The write-ahead log is in the database now.
        let log = try? FileManager.default.attributesOfItem(atPath: server.database + "-wal")[.size] as? Int
        #expect(log ?? 0 == 0)
    }

    @Test func aPortThatIsTakenEndsItWithASentence() async throws {
        let first = try await LiveServer(in: TemporaryFolder())
        let port = try #require(Int(first.url.split(separator: ":").last ?? ""))
        let folder = try TemporaryFolder()
        let second = try ServerScript(port: port, state: folder.path)
        let responder = Task { try await self.responder(of: second) }
        #expect(try await second.exitStatus() != 0)
        #expect(second.output.contains("Is port \(port) taken?"), "\(second.output)")
        if let responder = try? await responder.value { #expect(kill(responder, 0) != 0) }
        #expect(try await first.client("alice").get("/api/v1/sync/status").status == 200)
    }

    private func responder(of script: ServerScript) async throws -> pid_t {
        try await eventually("the responder") { (try? script.child(named: "meelio-sync")) != nil }
        return try script.child(named: "meelio-sync")
    }

    @Test func aWrongSettingEndsItWithItsName() async throws {
        let folder = try TemporaryFolder()
        #expect(throws: Failure.self) {
            try Shell.run(Binary.path, ["serve", "--threads", "many"], environment: ["MEELIO_SYNC_STATE": folder.path])
        }
        do {
            _ = try Shell.run(Binary.path, ["serve"], environment: ["MEELIO_SYNC_STATE": folder.path, "MEELIO_SYNC_THREADZ": "4"])
        } catch let failure as Failure {
            #expect(failure.description.contains("MEELIO_SYNC_THREADZ"))
        }
    }
}
