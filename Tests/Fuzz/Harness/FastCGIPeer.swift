import Foundation
import Sockets

/// A connection to the server's socket, as a web server would have it, that sends whatever it is told.
final class FastCGIPeer {
    private let descriptor: Int32
    private var sent: [UInt8] = []
    /// What is to be sent with the next ``flush()``.
    private var unsent: [UInt8] = []
    private var isOpen = true

    init(path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // A number this high is one that nobody has given back.
        check((0..<200).contains(descriptor), "The new connection's descriptor is \(descriptor): others are left open.")
        check(SocketAddress(path: path)?.connect(descriptor) == 0, "The server takes no connection: \(String(cString: strerror(errno))).")
    }

    deinit { leave() }

    /// Sends something with what follows.
    func add(_ bytes: [UInt8]) { unsent += bytes }

    /// Sends what was added, or what the server takes of it: it may have closed the connection.
    func flush() {
        var rest = unsent[...]
        sent += unsent
        unsent = []
        guard isOpen, !LibfcgiFaults.areIn(sent) else { return }
        while !rest.isEmpty {
            let count = uninterrupted { rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func endSending() {
        flush()
        if isOpen { shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// Goes away without another look.
    func leave() {
        flush()
        if isOpen { close(descriptor) }
        isOpen = false
    }

    /// Reads until the server closes the connection.
    ///
    /// - Returns: what came, and whether it came to its end; nothing if the connection was left before.
    func readToEnd() -> (bytes: [UInt8], isWhole: Bool) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while isOpen {
            let count = uninterrupted { recv(descriptor, &chunk, chunk.count, 0) }
            // A connection with bytes that nobody has read is reset when it is closed.
            guard count > 0 else { return (bytes, count == 0) }
            bytes += chunk[..<count]
        }
        return (bytes, false)
    }

    /// libFuzzer's clock is a signal that ends a call in the middle.
    private func uninterrupted(_ call: () -> Int) -> Int {
        while true {
            let count = call()
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
