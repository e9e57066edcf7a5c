import Foundation
import Synchronization

/// Hands out the seeds of a run, and tells how far it is.
final class Progress: Sendable {
    private struct State {
        var seeds: Range<UInt64>
        var failures = 0
        var count = 0
    }

    private let state: Mutex<State>
    private let maxFailures: Int
    private let start = Date()

    init(seeds: Range<UInt64>, maxFailures: Int) {
        state = Mutex(State(seeds: seeds))
        self.maxFailures = maxFailures
    }

    var hasFailures: Bool { state.withLock { $0.failures > 0 } }

    /// The next seed to run; nil if there are no more, or enough have failed.
    func next() -> UInt64? {
        let (seed, count) = state.withLock { state -> (UInt64?, Int) in
            guard state.failures < maxFailures, let seed = state.seeds.popFirst() else { return (nil, state.count) }
            state.count += 1
            return (seed, state.count)
        }
        if seed != nil && count % 1000 == 0 { report() }
        return seed
    }

    /// Prints a history that failed.
    func add(_ failure: any Error) {
        state.withLock { state in
            state.failures += 1
            print(failure)
        }
    }

    func report() {
        let count = state.withLock(\.count)
        let seconds = Date().timeIntervalSince(start)
        let text = "\(count) histories in \(Int(seconds)) s, \(Int(Double(count) / seconds)) per second\n"
        FileHandle.standardError.write(Data(text.utf8))
    }
}
