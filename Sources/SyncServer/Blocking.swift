import Dispatch
import Synchronization

/// Waits on a plain thread for asynchronous work; never called from a task, whose pool it would starve.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let outcome = Outcome<Value>()
    let finished = DispatchSemaphore(value: 0)
    Task.detached {
        let value = await work()
        outcome.value.withLock { $0 = value }
        finished.signal()
    }
    while true {
        finished.wait()
        if let value = outcome.value.withLock({ $0 }) { return value }
    }
}

private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
