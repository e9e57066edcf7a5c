import Foundation
import SyncTesting
import Synchronization

/// One run of script/server.
final class ServerScript: Sendable {
    private struct State {
        var output = ""
        var exitStatus: Int32?
    }

    private let state: Shared
    private let pid: pid_t

    private final class Shared: Sendable {
        let value = Mutex(State())
    }

    init(port: Int, state folder: String, environment: [String: String] = [:]) throws {
        let shared = Shared()
        let process = Process()
        process.executableURL = URL(filePath: Binary.packageFolder + "/script/server")
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["PORT": "\(port)", "MEELIO_SYNC_STATE": folder, "BINARY": Binary.path]) { $1 }
            .merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let text = String(decoding: handle.availableData, as: UTF8.self)
            shared.value.withLock { $0.output += text }
        }
        process.terminationHandler = { process in
            shared.value.withLock { $0.exitStatus = process.terminationStatus }
        }
        try process.runWithSignals()
        state = shared
        pid = process.processIdentifier
    }

    var output: String { state.value.withLock { $0.output } }

    func waitUntilReady() async throws {
        try await eventually("script/server is ready: \(output)") {
            if let status = self.state.value.withLock({ $0.exitStatus }) {
                throw Failure("script/server has ended with \(status): \(self.output)")
            }
            return self.output.contains("Ctrl-C stops it.")
        }
    }

    func exitStatus() async throws -> Int32 {
        try await eventually("script/server has ended") { self.state.value.withLock { $0.exitStatus } != nil }
        return state.value.withLock { $0.exitStatus } ?? -1
    }

    func terminate() { Glibc.kill(pid, SIGTERM) }

    /// Ends it and what it has started, if that is still running.
    func kill() {
        guard state.value.withLock({ $0.exitStatus }) == nil else { return }
        terminate()
    }

    func child(named name: String) throws -> pid_t {
        for child in children() where Self.name(of: child) == name { return child }
        throw Failure("script/server has no child '\(name)'.")
    }

    func children() -> [pid_t] {
        let list = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return list.split(separator: " ").compactMap { pid_t($0) }
    }

    private static func name(of process: pid_t) -> String {
        ((try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
    }
}
