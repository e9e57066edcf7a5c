import Dispatch
import Foundation
import Synchronization

/// Work that goes on in a thread of its own while the test does something else.
package struct Background<Value: Sendable>: Sendable {
    private let outcome: Outcome

    package init(_ work: @escaping @Sendable () throws -> Value) {
        let outcome = Outcome()
        self.outcome = outcome
        Thread {
            let result = Result { try work() }
            outcome.result.withLock { $0 = result }
            outcome.finished.signal()
        }.start()
    }

    private final class Outcome: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let finished = DispatchSemaphore(value: 0)
    }

    package var isFinished: Bool { outcome.result.withLock { $0 != nil } }

    /// Waits for the end of the work, once, and returns what it returned.
    ///
    /// - Throws: what the work threw; ``Late`` if it takes more than 20 seconds.
    package func value() throws -> Value {
        _ = outcome.finished.wait(timeout: .now() + 20)
        guard let result = outcome.result.withLock({ $0 }) else { throw Late() }
        return try result.get()
    }

    package struct Late: Error {}
}
