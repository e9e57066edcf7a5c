import Glibc
import Sockets
import Synchronization

/// Ports of this machine for the servers of the tests.
///
/// They lie below those that the system gives to outgoing connections (ip(7), `ip_local_port_range`): between the choice of
/// a port and nginx's bind, a request of another test could otherwise take it. No port is given to two tests.
package enum FreePort {
    private static let candidates = 10_000..<32_000
    private static let next = Atomic(Int.random(in: candidates))

    /// A port that nobody listens on.
    package static func take() throws -> Int {
        for _ in candidates {
            let number = next.add(1, ordering: .relaxed).oldValue
            let port = candidates.lowerBound + number % candidates.count
            if isFree(port) { return port }
        }
        throw NoFreePort(description: "There is no free port from \(candidates.lowerBound) to \(candidates.upperBound - 1).")
    }

    private struct NoFreePort: Error, CustomStringConvertible {
        let description: String
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return SocketAddress(host: "127.0.0.1", port: UInt16(port))?.bind(descriptor) == 0
    }
}
