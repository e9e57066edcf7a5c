import Glibc
import Sockets
import Synchronization

/// A connection over which a test sends any bytes, or none.
final class RawConnection: Sendable {
    private let descriptor: Int32
    private let isOpen = Atomic(true)

    convenience init(unix path: String) throws { try self.init(AF_UNIX, SocketAddress(path: path), "'\(path)'") }

    convenience init(port: Int) throws {
        try self.init(AF_INET, SocketAddress(host: "127.0.0.1", port: UInt16(port)), "port \(port)")
    }

    private init(_ family: Int32, _ address: SocketAddress?, _ name: String) throws {
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard address?.connect(descriptor) == 0 else { throw Failure("No connection to \(name): \(String(cString: strerror(errno)))") }
    }

    deinit { close() }

    func close() {
        if isOpen.exchange(false, ordering: .relaxed) { Glibc.close(descriptor) }
    }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Whether the other end has closed it.
    var isClosed: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }
}
