import Glibc
import SyncTesting

/// One run of script/server.
final class ServerScript: Sendable {
    private let program: RunningProgram

    init(port: Int, state folder: String, environment: [String: String] = [:]) throws {
        program = try RunningProgram(
            [Binary.packageFolder + "/script/server"],
            environment: ["PORT": "\(port)", "MEELIO_SYNC_STATE": folder, "BINARY": Binary.path].merging(environment) { $1 })
    }

    var output: String { program.output }

    func waitUntilReady() async throws {
        try await program.wait(for: "script/server is ready") { output.contains("Ctrl-C stops it.") }
    }

    func exitStatus() async throws -> Int32 { try await program.end() }

    /// Ends it, and with it what it has started.
    func terminate() { program.terminate() }

    func child(named name: String) throws -> pid_t { try program.child(named: name) }
}
