import CFastCGI
import Glibc

/// What there is to do, for any of the threads: connections with something to read, and listeners with new connections.
///
/// One epoll instance that all threads wait on. A connection is armed for one event: whoever gets it owns it until it is
/// armed again.
struct EventQueue: Sendable {
    enum Event {
        case arrival(listener: Int32)
        case request(connection: Int32)
        /// An answer that was waited for can be written; reported until ``clearAnswer()``.
        case answer
        /// The server is to stop; reported to every thread again and again.
        case stop
        /// Nothing for the time that was given.
        case nothing
    }

    private let epoll: Int32
    private let stopEvent: Int32
    private let answerEvent: Int32
    private static let listenerFlag: UInt64 = 1 << 32

    init() throws(ListenerError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopEvent = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        answerEvent = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard epoll >= 0, stopEvent >= 0, answerEvent >= 0, control(EPOLL_CTL_ADD, stopEvent, EPOLLIN.rawValue),
            control(EPOLL_CTL_ADD, answerEvent, EPOLLIN.rawValue)
        else {
            throw ListenerError("No event queue can be made: \(systemMessage()).")
        }
    }

    /// - Returns: false if the system has no room for it.
    func add(listener: Int32) -> Bool {
        // Exclusive: one new connection wakes one thread and not all of them.
        control(EPOLL_CTL_ADD, listener, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue, flag: Self.listenerFlag)
    }

    func remove(_ descriptor: Int32) { _ = control(EPOLL_CTL_DEL, descriptor, 0) }

    func add(connection: Int32) -> Bool { control(EPOLL_CTL_ADD, connection, Self.oneRequest) }

    func rearm(connection: Int32) -> Bool { control(EPOLL_CTL_MOD, connection, Self.oneRequest) }

    private static let oneRequest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue

    /// Wakes all threads, now and whenever they come back.
    func announceStop() {
        var one: UInt64 = 1
        _ = write(stopEvent, &one, 8)
    }

    /// Wakes a thread, and another when that one comes back, until ``clearAnswer()``.
    func announceAnswer() {
        var one: UInt64 = 1
        _ = write(answerEvent, &one, 8)
    }

    func clearAnswer() {
        var count: UInt64 = 0
        _ = read(answerEvent, &count, 8)
    }

    /// Waits for an answer alone.
    func waitForAnswer(within milliseconds: Int32) {
        var event = pollfd(fd: answerEvent, events: Int16(POLLIN), revents: 0)
        poll(&event, 1, milliseconds)
    }

    /// - Parameter milliseconds: how long to wait; -1 for ever.
    func next(within milliseconds: Int32 = -1) -> Event {
        var event = epoll_event()
        while true {
            let count = epoll_wait(epoll, &event, 1, milliseconds)
            if count == 0 { return .nothing }
            if count > 0 { break }
            // EINTR; anything else would be our own mistake, and waiting again does no harm but burn.
            if errno != EINTR { usleep(1000) }
        }
        let descriptor = Int32(truncatingIfNeeded: event.data.u64)
        if descriptor == answerEvent { return .answer }
        if descriptor == stopEvent { return .stop }
        return event.data.u64 & Self.listenerFlag != 0 ? .arrival(listener: descriptor) : .request(connection: descriptor)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, flag: UInt64 = 0) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.u64 = UInt64(UInt32(bitPattern: descriptor)) | flag
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }
}
