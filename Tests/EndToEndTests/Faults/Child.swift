import Foundation
import Synchronization

/// A process of a test, with what it prints in a file.
final class Child: Sendable {
    let pid: pid_t
    private let log: String
    private let status: Shared

    private final class Shared: Sendable {
        let value = Mutex<Int32?>(nil)
    }

    /// - Parameter command: for the shell; to end with `exec`, so that the process is the program itself.
    init(_ command: String, in folder: String, log: String, environment: [String: String] = [:]) throws {
        let status = Shared()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try Data().write(to: URL(filePath: log))
        let output = try FileHandle(forWritingTo: URL(filePath: log))
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { process in status.value.withLock { $0 = process.terminationStatus } }
        try process.runWithSignals()
        try output.close()
        pid = process.processIdentifier
        self.log = log
        self.status = status
    }

    /// What it has printed.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    var hasEnded: Bool { status.value.withLock { $0 != nil } }

    func send(_ signal: Int32) {
        if !hasEnded { kill(pid, signal) }
    }

    /// Waits until it has ended; a signal's number is its status if a signal has ended it.
    @discardableResult
    func exitStatus() async throws -> Int32 {
        try await eventually("process \(pid) has ended: \(output.suffix(2000))") { hasEnded }
        return status.value.withLock { $0 } ?? -1
    }
}
