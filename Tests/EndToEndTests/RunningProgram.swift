import Foundation
import SyncTesting
import Synchronization

/// A program that runs while a test goes on, and what it has printed.
final class RunningProgram: Sendable {
    private final class Status: Sendable {
        let value = Mutex<Int32?>(nil)
    }

    let pid: pid_t
    private let name: String
    private let status = Status()
    /// For what it prints: a file needs nobody who reads it meanwhile, as a pipe would.
    private let folder: TemporaryFolder
    private let log: String
    /// It stays open and brings nothing.
    private let input = Pipe()

    /// - Parameter command: the program, which is looked for in `PATH` and where Debian has servers, and its arguments.
    init(_ command: [String], environment: [String: String] = [:], in folder: String? = nil) throws {
        name = command.first ?? ""
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        variables["PATH", default: "/usr/bin:/bin"] += ":/usr/sbin"
        process.environment = variables
        self.folder = try TemporaryFolder()
        log = self.folder.path + "/output"
        try Data().write(to: URL(filePath: log))
        let output = try FileHandle(forWritingTo: URL(filePath: log))
        try output.seekToEnd()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { [status] process in status.value.withLock { $0 = process.terminationStatus } }
        try process.runWithSignals()
        try output.close()
        pid = process.processIdentifier
    }

    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Nil as long as it runs.
    var exitStatus: Int32? { status.value.withLock { $0 } }

    /// Asks it to end, if it runs still.
    func terminate() { send(SIGTERM) }

    func send(_ signal: Int32) {
        if exitStatus == nil { kill(pid, signal) }
    }

    /// Waits until it has ended, and returns its exit status; a signal's number if one has ended it.
    @discardableResult
    func end() async throws -> Int32 {
        // nginx waits a minute for the request of a connection that has brought none yet.
        try await eventually("\(name) has ended: \(output.suffix(2000))", within: 90) { exitStatus != nil }
        return exitStatus ?? -1
    }

    /// Waits for something that it is to bring about.
    ///
    /// - Throws: ``Failure`` with what it has printed if it ends instead.
    func wait(for what: String, _ holds: () async throws -> Bool) async throws {
        try await eventually("\(what): \(output)") {
            if let exitStatus { throw Failure("\(name) has ended with \(exitStatus): \(output)") }
            return try await holds()
        }
    }

    func child(named name: String) throws -> pid_t {
        for child in children where Self.name(of: child) == name { return child }
        throw Failure("\(self.name) has no child '\(name)'.")
    }

    /// The processes that it has started.
    var children: [pid_t] {
        let list = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return list.split(separator: " ").compactMap { pid_t($0) }
    }

    private static func name(of process: pid_t) -> String {
        ((try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
    }
}
