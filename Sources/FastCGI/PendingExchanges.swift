import HTTP
import Synchronization

/// The requests whose answers are waited for, by nobody in particular: whichever thread is free writes an answer that has
/// become ready.
final class PendingExchanges: Sendable {
    /// How much memory they may hold until no further requests are read, in bytes.
    private static let maxHeldBytes = 32 << 20

    /// Unchecked: it is with one thread at a time.
    struct Entry: @unchecked Sendable {
        let exchange: FastCGIExchange
        let response: PendingResponse
    }

    private let events: EventQueue
    private let ready = Mutex<[Entry]>([])
    private let count = Atomic<Int>(0)
    private let heldBytes = Atomic<Int>(0)

    init(events: EventQueue) { self.events = events }

    var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    var waitingCount: Int { count.load(ordering: .relaxed) }

    /// Whether the threads had better answer what they have before they read more.
    var isFull: Bool { heldBytes.load(ordering: .relaxed) > Self.maxHeldBytes }

    func add(_ entry: Entry) {
        count.add(1, ordering: .acquiringAndReleasing)
        heldBytes.add(entry.response.heldBytes, ordering: .relaxed)
        entry.response.whenReady { [self] in
            let isFirst = ready.withLock { ready in
                ready.append(entry)
                return ready.count == 1
            }
            if isFirst { events.announceAnswer() }
        }
    }

    /// One whose answer is ready; nil if other threads have taken them all.
    func next() -> Entry? {
        let entry = ready.withLock { ready -> Entry? in
            guard !ready.isEmpty else { return nil }
            if ready.count == 1 { events.clearAnswer() }
            return ready.removeFirst()
        }
        if let entry { heldBytes.subtract(entry.response.heldBytes, ordering: .relaxed) }
        return entry
    }

    /// Waits until one is ready, or for a tenth of a second.
    func wait() { events.waitForAnswer(within: 100) }

    /// The answer of one of them has been sent.
    func noteSent() { count.subtract(1, ordering: .acquiringAndReleasing) }
}
