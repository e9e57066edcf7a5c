import Glibc
import Sockets
import SyncTesting

/// Sockets as another process would have them.
enum OtherProcess {
    /// A socket that listens on a path, as a running server's.
    static func listening(on path: String) -> Int32 { listening(AF_UNIX, at: SocketAddress(path: path)) }

    /// Leaves a socket's file as a server does that was killed.
    static func abandon(_ path: String) { close(listening(on: path)) }

    /// A socket on a free port of this machine, and the port.
    static func listeningOnFreePort() throws -> (descriptor: Int32, port: Int) {
        let port = try FreePort.take()
        return (listening(AF_INET, at: SocketAddress(host: "127.0.0.1", port: UInt16(port))), port)
    }

    private static func listening(_ family: Int32, at address: SocketAddress?) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        _ = address?.bind(descriptor)
        listen(descriptor, 16)
        return descriptor
    }
}
