// The C interface takes an address of any family as a pointer to something else, and its length: here, and nowhere else.

import Glibc

/// Where a socket is: at a path (unix(7)), or at a port of an IPv4 address (ip(7)).
package struct SocketAddress: Sendable {
    /// How many bytes a path may have; one more ends it.
    package static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private let address: sockaddr_storage
    private let length: socklen_t

    /// - Returns: nil if the path has more bytes than ``longestPath``.
    package init?(path: String) {
        guard path.utf8.count <= Self.longestPath else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        self.init(address)
    }

    /// - Parameter host: an IPv4 address, as in `127.0.0.1`.
    /// - Returns: nil if `host` is none.
    package init?(host: String, port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        self.init(address)
    }

    private init<Address>(_ address: Address) {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: Address.self) }
        self.address = storage
        length = socklen_t(MemoryLayout<Address>.size)
    }

    /// Gives a socket this address (bind(2)).
    ///
    /// - Returns: 0, or -1 with `errno` set.
    package func bind(_ descriptor: Int32) -> Int32 { withPointer { Glibc.bind(descriptor, $0, length) } }

    /// Connects a socket to the one that listens here (connect(2)).
    ///
    /// - Returns: 0, or -1 with `errno` set.
    package func connect(_ descriptor: Int32) -> Int32 { withPointer { Glibc.connect(descriptor, $0, length) } }

    private func withPointer(_ body: (UnsafePointer<sockaddr>) -> Int32) -> Int32 {
        withUnsafePointer(to: address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
}
