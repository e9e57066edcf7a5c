import Foundation
import SyncTesting
import Synchronization

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until something holds, for 30 seconds at the most.
func eventually(_ what: @autoclosure () -> String, _ holds: () async throws -> Bool) async throws {
    for _ in 0..<600 {
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
    /// Runs a program and returns what it prints.
    ///
    /// - Throws: ``Failure`` with its error output if it does not exit with 0.
    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil) throws
        -> String
    {
        let process = Process()
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.runWithSignals()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("\(program) \(arguments): \(complaint)\(text)") }
        return text
    }
}

/// Ports of this machine for the servers of the tests.
///
/// They lie below those that the system gives to outgoing connections (ip(7), `ip_local_port_range`): between the choice of
/// a port and nginx's bind, a request of another test could otherwise take it. No port is given to two tests.
enum FreePort {
    private static let candidates = 10_000..<32_000
    private static let next = Atomic(Int.random(in: candidates))

    /// A port that nobody listens on.
    static func take() throws -> Int {
        for _ in candidates {
            let number = next.add(1, ordering: .relaxed).oldValue
            let port = candidates.lowerBound + number % candidates.count
            if isFree(port) { return port }
        }
        throw Failure("There is no free port from \(candidates.lowerBound) to \(candidates.upperBound - 1).")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
