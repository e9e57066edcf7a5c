import Dispatch
import Glibc
import Logging
import Synchronization

/// The web server's open connections, and the way of the server's end.
final class Connections: Sendable {
    let events: EventQueue
    private let options: FastCGIServer.Options
    private let logger: Logger
    private let openCount = Atomic<Int>(0)
    /// Those that wait for a request: open, and nobody's work.
    private let idle = Mutex(Set<Int32>())
    /// When the server was told to stop, and when it must have; in nanoseconds of DispatchTime, 0 for not yet.
    private let stopDeadline = Atomic<UInt64>(0)
    private let lastRequest = Atomic<UInt64>(0)

    init(events: EventQueue, options: FastCGIServer.Options, logger: Logger) {
        self.events = events
        self.options = options
        self.logger = logger
    }

    /// How many are open.
    var count: Int { openCount.load(ordering: .relaxed) }

    // MARK: - Coming and going

    /// Takes the connections that wait on a listener and parks them until they bring something.
    func accept(on listener: Int32) {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection >= 0 {
                park(connection)
            } else if errno != EINTR && errno != ECONNABORTED {
                if errno != EAGAIN { pause() }
                return
            }
        }
    }

    private func park(_ connection: Int32) {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        setTimeout(SO_RCVTIMEO, options.receiveTimeout, connection)
        setTimeout(SO_SNDTIMEO, options.sendTimeout, connection)
        openCount.add(1, ordering: .relaxed)
        // Before it can bring a request to another thread.
        idle.withLock { _ = $0.insert(connection) }
        if !events.add(connection: connection) { end(connection) }
    }

    private func setTimeout(_ option: Int32, _ seconds: Int, _ connection: Int32) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Out of file descriptors or of memory: the connections wait in the listener until some are given back.
    private func pause() {
        logger.warning("No connection can be accepted: \(systemMessage()). Raise the limit of open files (LimitNOFILE, ulimit -n).")
        usleep(100_000)
    }

    /// Waits for the connection's next request.
    func rearm(_ connection: Int32) {
        idle.withLock { _ = $0.insert(connection) }
        if !events.rearm(connection: connection) { end(connection) }
    }

    /// It has brought a request, or its end.
    func take(_ connection: Int32) {
        idle.withLock { _ = $0.remove(connection) }
    }

    private func end(_ connection: Int32) {
        take(connection)
        close(connection)
    }

    func close(_ connection: Int32) {
        Glibc.close(connection)
        noteClosed()
    }

    /// Another has closed one.
    func noteClosed() { openCount.subtract(1, ordering: .relaxed) }

    // MARK: - The end

    /// How long the connections have to be quiet until those that are left are ended, in nanoseconds. FastCGI has no word
    /// for "I am going": the web server's open connections may bring a request at any time.
    private static let quietTime: UInt64 = 200_000_000

    var isStopping: Bool { stopDeadline.load(ordering: .relaxed) != 0 }

    func stop(before deadline: DispatchTime) {
        lastRequest.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed)
        stopDeadline.store(deadline.uptimeNanoseconds, ordering: .relaxed)
        events.announceStop()
    }

    func noteRequest() {
        if isStopping { lastRequest.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed) }
    }

    /// Whether nobody is expected to send a request any more.
    var isQuiet: Bool { DispatchTime.now().uptimeNanoseconds > lastRequest.load(ordering: .relaxed) + Self.quietTime }

    /// From here on what the web server sends over an idle connection fails at once, so that it tries another server; what has
    /// come before is there to be read, and so is the connection's end.
    func endIdle() {
        // Under the lock: none of them is closed meanwhile, and its number another's.
        idle.withLock { idle in
            for connection in idle { shutdown(connection, Int32(SHUT_RD)) }
        }
    }

    /// Whether there is no time left to answer anybody.
    var isOverdue: Bool { isStopping && DispatchTime.now().uptimeNanoseconds > stopDeadline.load(ordering: .relaxed) }
}
