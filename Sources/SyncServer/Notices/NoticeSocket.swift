// One connection for each notice, by HTTP/1.0, which ends with the answer: some 0.2 ms over a unix socket, and nothing to keep alive,
// to find broken, or to parse but a status. A library for HTTP clients would be many times the size of this.

import Foundation
import Glibc
import Sockets

/// nginx's socket for those who publish.
struct NoticeSocket: Sendable {
    private let path: String
    private let address: SocketAddress
    /// Of each step. nginx answers from memory.
    private static let timeout = timeval(tv_sec: 1, tv_usec: 0)

    /// - Throws: ``NoticeError`` if the path is too long for a socket's.
    init(path: String) throws(NoticeError) {
        guard let address = SocketAddress(path: path) else {
            throw NoticeError(
                "The setting 'notices' names the socket '\(path)', whose path has \(path.utf8.count) bytes, and at most \(SocketAddress.longestPath) are possible."
            )
        }
        self.path = path
        self.address = address
    }

    /// Sends one message.
    ///
    /// - Throws: ``NoticeError`` if nginx does not take it within some seconds.
    func publish(_ message: [UInt8], on channel: String) throws(NoticeError) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("cannot be made") }
        defer { close(descriptor) }
        var timeout = Self.timeout
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        guard address.connect(descriptor) == 0 else { throw failure("cannot be connected to") }
        let head = "POST /\(channel) HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: \(message.count)\r\n\r\n"
        try send(Array(head.utf8) + message, to: descriptor)
        let status = try statusLine(from: descriptor)
        // 201 if somebody listens, 202 if nobody does.
        guard status.split(separator: " ").dropFirst().first?.first == "2" else {
            throw NoticeError("nginx does not take change notices at '\(path)': it answered '\(status)'.")
        }
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) throws(NoticeError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("does not take a notice") }
            rest = rest.dropFirst(count)
        }
    }

    private func statusLine(from descriptor: Int32) throws(NoticeError) -> String {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while !answer.contains(UInt8(ascii: "\n")), answer.count < 512 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count != 0 else { throw NoticeError("nginx does not take change notices at '\(path)': it has closed the connection.") }
            guard count > 0 else { throw failure("does not answer") }
            answer += buffer[..<count]
        }
        return String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private func failure(_ what: String) -> NoticeError {
        let reason = errno == EAGAIN ? "a second is over" : String(cString: strerror(errno))
        return NoticeError("nginx's socket for change notices, '\(path)', \(what): \(reason).")
    }
}
