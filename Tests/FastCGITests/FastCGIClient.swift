import Glibc
import Sockets

/// A connection of a web server's. Reading and writing give up after ten seconds.
final class FastCGIClient {
    private let descriptor: Int32

    struct Failure: Error {
        let message: String
    }

    convenience init(unix path: String) throws { try self.init(AF_UNIX, SocketAddress(path: path)) }

    convenience init(port: Int) throws { try self.init(AF_INET, SocketAddress(host: "127.0.0.1", port: UInt16(port))) }

    private init(_ family: Int32, _ address: SocketAddress?) throws {
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var time = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        guard address?.connect(descriptor) == 0 else { throw Failure(message: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    // MARK: - Sending

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(message: "Cannot send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ request: FastCGIRequest) throws { try send(request.bytes) }

    /// Says that nothing more comes, as a web server does that has gone; the answer can still be read.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: - Receiving

    func answer(to request: FastCGIRequest) throws -> FastCGIAnswer {
        try send(request)
        return try answer()
    }

    /// Reads an answer up to its END_REQUEST record.
    func answer() throws -> FastCGIAnswer {
        var stdout: [UInt8] = []
        while true {
            guard let record = try record() else { throw Failure(message: "The connection was closed before the answer's end.") }
            switch record.type {
            case .stdout: stdout += record.content
            case .endRequest:
                guard record.content.count == 8, record.content[4] == 0 else { throw Failure(message: "Refused: \(record.content)") }
                guard let answer = FastCGIAnswer(stdout: stdout) else { throw Failure(message: "No answer: \(stdout.prefix(200))") }
                return answer
            default: throw Failure(message: "Not expected: \(record)")
            }
        }
    }

    /// Whether the server closes the connection without an answer to HTTP: at most the end of the request is told.
    func isClosed() throws -> Bool {
        while let record = try record() {
            guard record.type == .endRequest || record.content.isEmpty else { return false }
        }
        return true
    }

    /// The next record; nil when the server has closed the connection.
    private func record() throws -> Record? {
        guard let head = try bytes(8) else { return nil }
        let (length, padding) = (Int(head[4]) << 8 | Int(head[5]), Int(head[6]))
        guard let content = try bytes(length), try bytes(padding) != nil else { return nil }
        return Record(type: RecordType(rawValue: head[1]), content: content)
    }

    private func bytes(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        while length < count {
            let received = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress?.advanced(by: length), count - length, 0) }
            // A connection with bytes that nobody has read is reset when it is closed.
            if received == 0 || (received < 0 && errno == ECONNRESET) { return nil }
            guard received > 0 else { throw Failure(message: "Nothing comes: \(String(cString: strerror(errno)))") }
            length += received
        }
        return bytes
    }
}
