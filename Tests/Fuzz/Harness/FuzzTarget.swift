import Foundation

/// What is fuzzed: a part of the server, with what must hold whatever it is given.
protocol FuzzTarget {
    /// Gives the part one input, and ends the process by ``check(_:_:)`` if something does not hold.
    func run(_ input: [UInt8]) throws
}

let fuzzTargets: [String: @Sendable () throws -> any FuzzTarget] = [
    "cursors": { try CursorTarget() },
    "dates": { DateTarget() },
    "fastcgi": { try FastCGITarget(EchoResponder()) },
    "gzip": { GzipTarget() },
    "json": { JSONTarget() },
    "server": { try FastCGITarget(ServerResponder()) },
    "sync": { try SyncTarget() },
    "tokens": { try TokenTarget() },
    "variables": { VariablesTarget() },
]

/// The target of this process; set once, before libFuzzer takes over.
enum Running {
    nonisolated(unsafe) static var target: (any FuzzTarget)?
}

/// Ends the process with a sentence if something does not hold: libFuzzer keeps the input then.
func check(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    if holds { return }
    FileHandle.standardError.write(Data("does not hold: \(sentence())\n".utf8))
    abort()
}
