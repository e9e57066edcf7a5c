import Foundation
import SyncTesting

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until something holds.
func eventually(_ what: @autoclosure () -> String, within seconds: Int = 30, _ holds: () async throws -> Bool) async throws {
    for _ in 0..<20 * seconds {
        if try await holds() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw Failure("Waited in vain: \(what())")
}

/// What these tests were built with.
enum Binary {
    static let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The responder of the same build: it lies beside the tests' own program.
    static let path = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().appending(path: "meelio-sync").path
}

extension Process {
    /// Runs with no signal blocked: the threads of tests block them all, a child inherits that, and SIGTERM would never
    /// reach it.
    func runWithSignals() throws {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}

enum Shell {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program and returns what it prints.
    ///
    /// - Throws: ``Failure`` with its error output if it does not exit with 0.
    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil) throws
        -> String
    {
        let outcome = try outcome(of: program, arguments, environment: environment, in: folder)
        guard outcome.status == 0 else { throw Failure("\(program) \(arguments): \(outcome.errors)\(outcome.output)") }
        return outcome.output
    }

    /// Runs a program, whatever comes of it. Its standard input is empty.
    static func outcome(
        of program: String, _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil
    ) throws -> Outcome {
        let process = Process()
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.runWithSignals()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: text, errors: complaint)
    }
}
