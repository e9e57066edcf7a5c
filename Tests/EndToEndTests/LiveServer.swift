// script/server as a user runs it: nginx, the responder and a database file, on a free port and with a state of its own.
// Only the binary is given, so that the tests run what they were built with.

import Foundation
import FoundationNetworking
import HTTPTypes
import SyncTesting
import Synchronization

/// A running server for one test.
final class LiveServer: Sendable {
    let url: String
    let state: String
    private let folder: TemporaryFolder
    private let script: ServerScript
    private let session: URLSession

    /// Starts the server over the state in `folder` and waits until it answers.
    ///
    /// - Parameter environment: settings, as `MEELIO_SYNC_…`.
    init(in folder: TemporaryFolder, port: Int? = nil, environment: [String: String] = [:]) async throws {
        let port = try port ?? FreePort.take()
        self.folder = folder
        state = folder.path
        script = try ServerScript(port: port, state: state, environment: environment)
        try await script.waitUntilReady()
        url = "http://127.0.0.1:\(port)"
        session = LiveClient.session()
    }

    deinit { script.terminate() }

    var database: String { state + "/meelio-sync.sqlite" }

    /// What script/server has printed.
    var output: String { script.output }

    var responder: pid_t { get throws { try script.child(named: "meelio-sync") } }

    var nginxLog: String { (try? String(contentsOfFile: state + "/nginx/error.log", encoding: .utf8)) ?? "" }

    /// Stops it as Ctrl-C does, and returns the script's exit status.
    func stop() async throws -> Int32 {
        session.invalidateAndCancel()
        script.terminate()
        return try await script.exitStatus()
    }

    /// Waits until the script has ended by itself.
    func exitStatus() async throws -> Int32 { try await script.exitStatus() }

    func token(_ user: String) throws -> String {
        try Shell.run(Binary.path, ["token", user], environment: ["MEELIO_SYNC_STATE": state]).trimmingCharacters(in: .newlines)
    }

    // MARK: - Requests

    func client(_ user: String) throws -> LiveClient { client(token: try token(user)) }

    func client(token: String) -> LiveClient { LiveClient(url: url, token: token, session: session) }
}
