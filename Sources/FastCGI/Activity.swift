import Synchronization

/// Whether a thread works on a request. Each has its own, so that none waits for another's memory.
final class Activity: Sendable {
    private let state = Atomic(false)

    var isBusy: Bool {
        get { state.load(ordering: .relaxed) }
        set { state.store(newValue, ordering: .relaxed) }
    }
}
