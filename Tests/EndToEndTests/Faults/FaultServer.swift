// As script/server, but with two processes that a test can harm one by one: the script ends when one of them does.

import Foundation
import FoundationNetworking
import SyncTesting
import Synchronization

/// A responder behind nginx, each of which can be killed, paused and started again.
final class FaultServer: Sendable {
    /// Where all of it lies.
    let state: String
    let url: String
    private let port: Int
    private let folder: TemporaryFolder
    private let children = Mutex<(responder: RunningProgram?, nginx: RunningProgram?)>((nil, nil))
    private let session: URLSession

    /// - Parameter state: a directory for the database and the socket, in the place of the temporary one.
    init(state: String? = nil, port: Int? = nil) throws {
        folder = try TemporaryFolder()
        self.state = state ?? folder.path
        self.port = try port ?? FreePort.take()
        url = "http://127.0.0.1:\(self.port)"
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 128
        configuration.timeoutIntervalForRequest = 60
        session = URLSession(configuration: configuration)
    }

    deinit {
        let (responder, nginx) = children.withLock { $0 }
        responder?.send(SIGKILL)
        nginx?.send(SIGTERM)
    }

    var database: String { state + "/meelio-sync.sqlite" }
    var socket: String { state + "/meelio-sync.sock" }

    var responder: RunningProgram {
        get throws {
            guard let responder = children.withLock({ $0.responder }) else { throw Failure("No responder was started.") }
            return responder
        }
    }

    // MARK: - Its processes

    /// Starts the responder, whether it comes up or not.
    ///
    /// - Parameter preparation: what the shell does before it becomes the responder, such as `ulimit -n 64`.
    @discardableResult
    func launchResponder(_ preparation: String = "") throws -> RunningProgram {
        let command = "\(preparation)\nexec '\(Binary.path)' serve --config '\(Binary.packageFolder)/Config/meelio-sync.yaml'"
        let child = try RunningProgram(["/bin/sh", "-c", command], environment: ["MEELIO_SYNC_STATE": "."], in: state)
        children.withLock { $0.responder = child }
        return child
    }

    /// Starts the responder and waits until it serves.
    func startResponder(_ preparation: String = "") async throws {
        let child = try launchResponder(preparation)
        try await child.wait(for: "the responder serves") { child.output.contains("Serving ") }
    }

    func killResponder() async throws {
        let responder = try responder
        responder.send(SIGKILL)
        try await responder.end()
    }

    /// Starts nginx with the project's configuration and waits until it has its port.
    func startNginx() async throws {
        let nginx = folder.path + "/nginx"
        try FileManager.default.createDirectory(atPath: nginx, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: nginx + "/nginx.pid")
        for file in ["nginx.conf", "meelio-sync.conf", "fastcgi.conf"] {
            let text = try String(contentsOfFile: "\(Binary.packageFolder)/nginx/\(file)", encoding: .utf8)
            try text.replacing("127.0.0.1:8080", with: "127.0.0.1:\(port)").write(
                toFile: "\(nginx)/\(file)", atomically: true, encoding: .utf8)
        }
        let user = geteuid() == 0 ? ["-g", "user root;"] : []
        let child = try RunningProgram(
            ["nginx", "-p", nginx, "-c", nginx + "/nginx.conf", "-e", nginx + "/error.log"] + user, in: state)
        children.withLock { $0.nginx = child }
        try await child.wait(for: "nginx has its port") {
            (try? String(contentsOfFile: nginx + "/nginx.pid", encoding: .utf8)) == "\(child.pid)\n"
        }
    }

    var nginx: RunningProgram {
        get throws {
            guard let nginx = children.withLock({ $0.nginx }) else { throw Failure("No nginx was started.") }
            return nginx
        }
    }

    // MARK: - Requests

    func client(_ user: String, days: Int = 30) throws -> LiveClient {
        let token = try Shell.run(Binary.path, ["token", user, "--days", "\(days)"], environment: ["MEELIO_SYNC_STATE": state])
        return LiveClient(url: url, token: token.trimmingCharacters(in: .newlines), session: session)
    }

    func isReady() async -> Bool {
        let client = LiveClient(url: url, token: "", session: session)
        return (try? await client.get("/ready").status) == 200
    }

    func sql(_ statements: String) throws -> String {
        try Shell.run("sqlite3", ["-cmd", ".timeout 20000", database, statements]).trimmingCharacters(in: .newlines)
    }
}
