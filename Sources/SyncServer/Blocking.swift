import Dispatch
import Synchronization

/// Waits on a thread for asynchronous work.
///
/// The work runs on a queue of its own and not in the pool of Swift's tasks: so it gets on even if all of the pool's
/// threads are waiting here.
package func blocking<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let outcome = Outcome<Value>()
    let finished = DispatchSemaphore(value: 0)
    Task.detached(executorPreference: QueueExecutor.shared) {
        let value = await work()
        outcome.value.withLock { $0 = value }
        finished.signal()
    }
    while true {
        finished.wait()
        if let value = outcome.value.withLock({ $0 }) { return value }
    }
}

/// The same for work that may fail.
package func blockingResult<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    try blocking {
        do { return Result<Value, any Error>.success(try await work()) } catch { return .failure(error) }
    }.get()
}

private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}

private final class QueueExecutor: TaskExecutor {
    static let shared = QueueExecutor()

    private let queue = DispatchQueue(label: "blocking", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
