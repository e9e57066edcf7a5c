// A fixed number of plain threads, since a handler blocks on the database and a blocked task would starve the pool of
// Swift's concurrency. Connections that wait for their next request wait in one epoll instance and not in a thread: nginx
// keeps many open, and each would hold a thread in a blocking read.

import CFastCGI
import Dispatch
import Foundation
package import HTTP
package import Logging
import Synchronization

/// Serves FastCGI requests (https://fastcgi-archives.github.io/FastCGI_Specification.html) in the role of a responder.
package final class FastCGIServer: Sendable {
    package struct Options: Sendable {
        package var threads = 16
        /// Larger bodies reach the handler as ``HTTP/Request/Body/tooLarge``.
        package var maxBodyBytes = 1 << 20
        /// For how long a thread waits for a peer that stalls in the middle of a request, in seconds.
        package var receiveTimeout = 30
        /// For how long a thread waits for a peer that does not take its answer, in seconds.
        package var sendTimeout = 30
        /// For how long ``drain()`` waits for requests under way, in seconds.
        package var drainTimeout = 10

        package init() {}
    }

    /// Writes the answer to a request, or returns the answer that is to come; called on one thread only, for one request at
    /// a time.
    package typealias Handler = (Request, inout Response) -> PendingResponse?

    private let listeners: [Listener]
    private let options: Options
    private let connections: Connections
    private let pending: PendingExchanges
    /// One for each thread: whether it works on a request.
    private let activities: [Activity]
    private let finishedThreads = DispatchSemaphore(value: 0)

    /// - Throws: ``ListenerError`` if the system gives us nothing to wait with.
    package init(listeners: [Listener], options: Options, logger: Logger) throws(ListenerError) {
        self.listeners = listeners
        self.options = options
        activities = (0..<options.threads).map { _ in Activity() }
        let events = try EventQueue()
        connections = Connections(events: events, options: options, logger: logger)
        pending = PendingExchanges(events: events)
    }

    // MARK: - For the metrics

    package var openConnections: Int { connections.count }

    /// Threads that work on a request now.
    package var busyThreads: Int { activities.count { $0.isBusy } }

    /// Requests whose answers wait for something.
    package var pendingRequests: Int { pending.waitingCount }

    // MARK: - Beginning and end

    /// Starts the threads and returns.
    ///
    /// - Parameter makeHandler: called once on each thread, so that a handler may keep memory of its own.
    /// - Throws: ``ListenerError`` if libfcgi or the system refuses.
    package func start(_ makeHandler: @escaping @Sendable () -> Handler) throws(ListenerError) {
        guard FCGX_Init() == 0 else { throw ListenerError("libfcgi cannot be initialised.") }
        for listener in listeners where !connections.events.add(listener: listener.fileDescriptor) {
            throw ListenerError("A listener cannot be waited for: \(systemMessage()).")
        }
        for (number, activity) in activities.enumerated() {
            let thread = Thread { [connections, pending, options, finishedThreads] in
                var worker = Worker(connections, pending, activity, maxBodyBytes: options.maxBodyBytes, handler: makeHandler())
                worker.run()
                finishedThreads.signal()
            }
            thread.name = "worker-\(number + 1)"
            thread.start()
        }
    }

    /// Stops: no new connections, and requests that have reached us are answered. Returns when all is done, at the latest
    /// after `drainTimeout`.
    ///
    /// - Returns: whether every request was finished in time.
    @discardableResult
    package func drain() -> Bool {
        let deadline = DispatchTime.now() + .seconds(options.drainTimeout)
        for listener in listeners {
            listener.stopArrivals()
            connections.events.remove(listener.fileDescriptor)
            // Their requests may have been sent: closing the listener under them would cut them off.
            connections.accept(on: listener.fileDescriptor)
            listener.close()
        }
        connections.stop(before: deadline)
        for _ in 0..<options.threads where finishedThreads.wait(timeout: deadline) == .timedOut { return false }
        return pending.isEmpty
    }
}
