// A web server with the configuration that is shipped for it, on a port and with paths of a test's own, and a responder behind
// it. What is tested is what is shipped: of the files nothing but addresses and paths is changed.

import Foundation
import FoundationNetworking
import SyncTesting
import Synchronization

final class LiveWebServer: Sendable {
    let kind: WebServer
    let url: String
    let state: String
    private let folder: TemporaryFolder
    private let configuration: String
    private let environment: [String: String]
    private let session = LiveClient.session()
    private let web = Mutex<RunningProgram?>(nil)
    private let responder = Mutex<RunningProgram?>(nil)

    /// Starts both and waits until there is an answer.
    ///
    /// - Parameters:
    ///   - withResponder: false if the test has one of its own on ``socket``.
    ///   - includes: shipped files that the configuration includes at the places which `edit` gives them.
    ///   - settings: those of the responder, as variables of its environment.
    ///   - edit: what the documents tell an operator to change in the files.
    init(
        _ kind: WebServer, withResponder: Bool = true, includes: [String] = [], settings: [String: String] = [:],
        edit: (String) -> String = { $0 }
    ) async throws {
        self.kind = kind
        environment = settings.merging(["MEELIO_SYNC_STATE": "."]) { $1 }
        folder = try TemporaryFolder()
        state = folder.path
        let port = try FreePort.take()
        url = "http://127.0.0.1:\(port)"
        configuration = try Self.configure(kind, port: port, state: state, includes, edit)
        if withResponder && kind != .lighttpdSpawning { try await startResponder() }
        try await startWebServer(answering: withResponder ? 200 : nil)
    }

    deinit {
        web.withLock { $0 }?.terminate()
        responder.withLock { $0 }?.terminate()
    }

    var database: String { state + "/meelio-sync.sqlite" }
    var socket: String { state + "/meelio-sync.sock" }

    /// Writes the shipped files for this test, and returns the path of the first.
    private static func configure(
        _ kind: WebServer, port: Int, state: String, _ includes: [String], _ edit: (String) -> String
    ) throws -> String {
        let folder = state + "/web"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var files = Dictionary(
            uniqueKeysWithValues: try (kind.files + includes).map {
                ($0, try String(contentsOfFile: "\(Binary.packageFolder)/\($0)", encoding: .utf8))
            })
        for (shipped, own) in kind.replacements(port: port, state: state, folder: folder) {
            guard files.values.contains(where: { $0.contains(shipped) }) else { throw Failure("\(kind.files) have no '\(shipped)'.") }
            files = files.mapValues { $0.replacing(shipped, with: own) }
        }
        func path(_ file: String) -> String { "\(folder)/\((file as NSString).lastPathComponent)" }
        for (file, text) in files { try edit(text).write(toFile: path(file), atomically: false, encoding: .utf8) }
        return path(kind.files[0])
    }

    // MARK: - The web server

    private func startWebServer(answering status: Int?) async throws {
        let folder = state + "/web"
        let program = try RunningProgram(
            kind.command(configuration, folder),
            environment: ["CADDY_ADMIN": "unix/\(folder)/admin", "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder], in: state)
        web.withLock { $0 = program }
        try await program.wait(for: "an answer of \(kind)") {
            let reply = try? await self.client(token: "").get("/ready")
            return reply != nil && (status == nil || reply?.status == status)
        }
    }

    func restartWebServer() async throws {
        let program = web.withLock { $0 }
        program?.terminate()
        try await program?.end()
        try await startWebServer(answering: 200)
    }

    // MARK: - The responder

    func startResponder() async throws { try await startResponder([]) }

    private func startResponder(_ arguments: [String]) async throws {
        let program = try RunningProgram(try responderCommand() + arguments, environment: environment, in: state)
        responder.withLock { $0 = program }
        try await program.wait(for: "the responder") { program.output.contains("Serving ") }
    }

    /// Has a second responder take the place of the one that runs, and waits until that has ended.
    ///
    /// - Returns: the exit status of the older one; nil if none ran.
    @discardableResult
    func takeOver() async throws -> Int32? {
        let older = responder.withLock { $0 }
        try await startResponder(["--take-over"])
        return try await older?.end()
    }

    /// What a responder says that cannot be started.
    func serveInVain(_ arguments: String...) throws -> String {
        let outcome = try Shell.outcome(of: Binary.path, Self.serve + arguments, environment: environment, in: state)
        return outcome.status == 0 ? "It was started." : outcome.errors
    }

    private static let serve = ["serve", "--config", Binary.packageFolder + "/Config/meelio-sync.yaml"]

    private func responderCommand() throws -> [String] {
        let serve = [Binary.path] + Self.serve
        switch kind {
        case .spawnFCGI: return ["spawn-fcgi", "-n", "-s", socket, "--"] + serve + ["--listen", "fd:0"]
        case .systemd: return ["python3", "-c", Self.systemd, socket] + (try unitCommand())
        default: return serve
        }
    }

    /// What systemd does with the shipped units: it opens the socket, keeps it, and starts the service anew when it has ended.
    private static let systemd = """
        import os, signal, socket, sys
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[1])
        listener.listen(4096)
        signal.signal(signal.SIGTERM, lambda *_: (os.kill(child, signal.SIGTERM), os._exit(0)))
        while True:
            child = os.fork()
            if child == 0:
                os.dup2(listener.fileno(), 3)
                os.set_inheritable(3, True)
                os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
                os.execv(sys.argv[2], sys.argv[2:])
            os.waitpid(child, 0)
        """

    /// The unit's ExecStart, with paths of this test's own.
    private func unitCommand() throws -> [String] {
        let unit = try String(contentsOfFile: Binary.packageFolder + "/Config/meelio-sync.service", encoding: .utf8)
        guard let line = unit.split(separator: "\n").first(where: { $0.hasPrefix("ExecStart=") }) else {
            throw Failure("Config/meelio-sync.service has no ExecStart.")
        }
        var words = line.dropFirst("ExecStart=".count).split(separator: " ").map(String.init)
        words[0] = Binary.path
        for (option, value) in [("--config", Binary.packageFolder + "/Config/meelio-sync.yaml"), ("--state", state)] {
            guard let index = words.firstIndex(of: option), words.indices.contains(index + 1) else { continue }
            words[index + 1] = value
        }
        return words
    }

    /// Ends the responder as an operator does; it is brought back by nobody but the test, or by what has started it.
    func stopResponder() async throws {
        if kind.bringsResponderBack {
            let parent = kind == .systemd ? responder.withLock { $0 } : web.withLock { $0 }
            guard let child = try parent?.child(named: "meelio-sync") else { return }
            kill(child, SIGTERM)
            try await eventually("the responder has ended") { kill(child, 0) != 0 }
        } else {
            let program = responder.withLock { $0 }
            program?.terminate()
            try await program?.end()
        }
    }

    // MARK: - Requests

    func client(_ user: String) throws -> LiveClient {
        client(
            token: try Shell.run(Binary.path, ["token", user], environment: ["MEELIO_SYNC_STATE": state]).trimmingCharacters(in: .newlines))
    }

    /// A client with any token, or without one.
    func client(token: String) -> LiveClient { LiveClient(url: url, token: token, session: session) }

    /// The status with which a path is answered to another machine, as which another address of this one serves.
    func statusFromOutside(_ target: String) throws -> String {
        try Shell.run(
            "curl",
            [
                "-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "127.0.0.2", "--path-as-is", "--request-target", target, url,
            ])
    }
}
