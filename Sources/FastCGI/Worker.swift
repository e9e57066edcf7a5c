import Glibc
import HTTP

/// One thread's loop: wait for a request, have it answered, put its connection back.
struct Worker: ~Copyable {
    private let connections: Connections
    private let pending: PendingExchanges
    private let activity: Activity
    private let handler: FastCGIServer.Handler
    private let maxBodyBytes: Int
    /// Those that were used before and are free.
    private var exchanges: [FastCGIExchange] = []
    private var response = Response()

    init(
        _ connections: Connections, _ pending: PendingExchanges, _ activity: Activity, maxBodyBytes: Int,
        handler: @escaping FastCGIServer.Handler
    ) {
        self.connections = connections
        self.pending = pending
        self.activity = activity
        self.maxBodyBytes = maxBodyBytes
        self.handler = handler
    }

    mutating func run() {
        while true {
            if pending.isFull {
                pending.wait()
                answer()
                continue
            }
            switch connections.events.next() {
            case .arrival(let listener): connections.accept(on: listener)
            case .request(let connection): serve(connection)
            case .answer: answer()
            case .nothing: break
            case .stop:
                if connections.isOverdue || (connections.count == 0 && pending.isEmpty) { return }
                if connections.isQuiet { connections.endIdle() }
                // The event stays there for the other threads, so that this loop would burn without a pause.
                usleep(1000)
            }
        }
    }

    private mutating func serve(_ connection: Int32) {
        connections.take(connection)
        guard !isClosedByPeer(connection) else { return connections.close(connection) }
        activity.isBusy = true
        defer { activity.isBusy = false }
        connections.noteRequest()
        let exchange = exchanges.popLast() ?? FastCGIExchange(maxBodyBytes: maxBodyBytes)
        switch exchange.readRequest(from: connection) {
        case .request(let request):
            guard let later = handler(request, &response) else { return send(over: exchange) }
            pending.add(PendingExchanges.Entry(exchange: exchange, response: later))
        case .nothing:
            connections.noteClosed()
            free(exchange)
        case .garbage: finish(exchange, closing: true)
        }
    }

    /// Sends an answer that has become ready, be the request this thread's or another's.
    private mutating func answer() {
        guard let entry = pending.next() else { return }
        activity.isBusy = true
        defer { activity.isBusy = false }
        entry.response.write(to: &response)
        send(over: entry.exchange)
        pending.noteSent()
    }

    private mutating func send(over exchange: FastCGIExchange) {
        exchange.write(response)
        finish(exchange, closing: false)
    }

    private mutating func finish(_ exchange: FastCGIExchange, closing: Bool) {
        let connection = exchange.connection
        release(connection, isOpen: exchange.finish(closing: closing))
        free(exchange)
    }

    private mutating func free(_ exchange: FastCGIExchange) {
        connections.noteRequest()
        exchanges.append(exchange)
    }

    private func release(_ connection: Int32, isOpen: Bool) {
        guard isOpen else { return connections.noteClosed() }
        guard connections.isStopping else { return connections.rearm(connection) }
        // From here on what the web server sends fails at once, where a close alone would drop what has just arrived
        // (unix(7); on TCP it makes no difference). What has come before is served.
        shutdown(connection, Int32(SHUT_RD))
        if pending(connection) > 0 { connections.rearm(connection) } else { connections.close(connection) }
    }

    /// An idle connection's usual end, noticed here since libfcgi would take it for a protocol error.
    private func isClosedByPeer(_ connection: Int32) -> Bool {
        let count = pending(connection)
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Looks for a byte that can be read: 1 if there is one, 0 at the end, -1 and errno if there is none yet.
    private func pending(_ connection: Int32) -> Int {
        var byte: UInt8 = 0
        return recv(connection, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    }
}
