import Dispatch
import GRDB
import Synchronization

/// A write that the writer has been handed, and what has become of it.
package struct PendingWrite<Value>: Sendable {
    private let job: ValueJob<Value>

    init(_ job: ValueJob<Value>) { self.job = job }

    /// Calls `resume` once, as soon as the write is durable or has failed: at once if it is, on the writer's thread else,
    /// where it must not do more than pass the message on. May be called once.
    package func whenFinished(_ resume: @escaping @Sendable () -> Void) { job.whenFinished(resume) }

    /// Waits until the write is durable.
    ///
    /// - Throws: what the write has thrown, nothing of it being written; ``StoreError`` if the database cannot.
    package func wait() throws -> Value {
        let finished = DispatchSemaphore(value: 0)
        whenFinished { finished.signal() }
        finished.wait()
        return try value
    }

    /// What the write has returned; only when it is finished.
    ///
    /// - Throws: as ``wait()``.
    package var value: Value {
        get throws {
            if let error = job.error {
                throw (error as? DatabaseError).map(StoreError.init) ?? error
            }
            guard let value = job.value else { throw StoreError.unavailable("The writer ended before the work was done.") }
            return value
        }
    }
}

/// One piece of work in the writer's queue.
///
/// Unchecked: the writer alone touches `error` and the value until ``finish()``, whoever waits for it alone afterwards.
class Job: @unchecked Sendable {
    var error: (any Error)?
    private let state = Atomic(State.running)
    private var resume: (@Sendable () -> Void)?

    private enum State: UInt8, AtomicRepresentable {
        case running, awaited, finished
    }

    func run(_ connection: Connection) throws {}

    final func finish() {
        if state.exchange(.finished, ordering: .acquiringAndReleasing) == .awaited { passOn() }
    }

    final func whenFinished(_ resume: @escaping @Sendable () -> Void) {
        self.resume = resume
        if !state.compareExchange(expected: .running, desired: .awaited, ordering: .acquiringAndReleasing).exchanged { passOn() }
    }

    /// Lets go of `resume` before, which holds what waits for this job, and so the job itself.
    private func passOn() {
        guard let resume else { return }
        self.resume = nil
        resume()
    }
}

final class ValueJob<Value>: Job, @unchecked Sendable {
    private(set) var value: Value?
    private let work: (Connection) throws -> Value

    init(_ work: @escaping (Connection) throws -> Value) { self.work = work }

    override func run(_ connection: Connection) throws { value = try work(connection) }
}
