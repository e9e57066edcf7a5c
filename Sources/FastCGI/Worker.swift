import Glibc
import HTTP

/// One thread's loop: wait for a request, have it answered, put its connection back.
struct Worker: ~Copyable {
    private let connections: Connections
    private let handler: FastCGIServer.Handler
    private var exchange: FastCGIExchange
    private var response = Response()

    init(_ connections: Connections, maxBodyBytes: Int, handler: @escaping FastCGIServer.Handler) {
        self.connections = connections
        self.handler = handler
        exchange = FastCGIExchange(maxBodyBytes: maxBodyBytes)
    }

    mutating func run() {
        while true {
            switch connections.events.next() {
            case .arrival(let listener): connections.accept(on: listener)
            case .request(let connection): serve(connection)
            case .nothing: break
            case .stop:
                if connections.isOver { return }
                // The event stays there for the other threads, so that this loop would burn without a pause.
                usleep(1000)
            }
        }
    }

    private mutating func serve(_ connection: Int32) {
        guard !isClosedByPeer(connection) else { return connections.close(connection) }
        connections.noteRequest()
        switch exchange.readRequest(from: connection) {
        case .request(let request):
            handler(request, &response)
            exchange.write(response, to: request.method)
            release(connection, isOpen: exchange.finish(closing: false))
        case .nothing: connections.noteClosed()
        case .garbage: release(connection, isOpen: exchange.finish(closing: true))
        }
        connections.noteRequest()
    }

    private func release(_ connection: Int32, isOpen: Bool) {
        guard isOpen else { return connections.noteClosed() }
        // The web server may have used the connection again between our answer and here, even when we are stopping.
        if connections.isStopping && pending(connection) <= 0 { connections.close(connection) } else { connections.rearm(connection) }
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
