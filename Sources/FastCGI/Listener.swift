// We open the sockets ourselves: FCGX_OpenSocket ends the process when a bind fails, takes away a socket that another
// server is using, and leaves its mode to the umask.

import Glibc
import Sockets

/// A socket on which the web server's connections arrive.
package struct Listener: Sendable {
    let fileDescriptor: Int32
    /// The unix socket that we have made, and take away at the end.
    private let file: SocketFile?
    /// Opened by somebody else, who may hand it to our successor: it is never shut down.
    private let isInherited: Bool
    /// The server whose unix socket this one has taken the place of: it runs still, and nobody reaches it any more.
    package private(set) var predecessor: Predecessor?

    /// All that are named by a text: those that systemd passes for `systemd`, one for everything else.
    ///
    /// - Parameter takesOver: whether a unix socket on which another server listens is replaced by one of ours, in one step.
    /// - Throws: ``ListenerError`` with what is wrong.
    package static func all(parsing text: String, takesOver: Bool = false) throws(ListenerError) -> [Listener] {
        if takesOver, !text.hasPrefix("unix:") {
            throw ListenerError(
                "Only a unix socket can be taken over, and the listener is '\(text)'. Who keeps it open can start the server anew.")
        }
        guard text == "systemd" else { return [try Listener(parsing: text, takesOver: takesOver)] }
        return try PassedSockets().listeners()
    }

    /// Opens `unix:PATH`, `tcp:ADDRESS:PORT` (an IPv4 address) or takes over `fd:NUMBER`: 0 from spawn-fcgi and lighttpd's
    /// bin-path.
    ///
    /// - Throws: ``ListenerError`` with what is wrong.
    package init(parsing text: String, takesOver: Bool = false) throws(ListenerError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.last) {
        case ("unix", let path?) where parts.count == 2 && !path.isEmpty: try self.init(unix: path, takesOver: takesOver)
        case ("tcp", let address?) where parts.count == 2: try self.init(tcp: address)
        case ("fd", let number?) where parts.count == 2: try self.init(inherited: number)
        default: throw ListenerError("The listener '\(text)' must be 'unix:PATH', 'tcp:ADDRESS:PORT', 'fd:NUMBER' or 'systemd'.")
        }
    }

    /// What the operating system lets wait for us; it cuts it down to net.core.somaxconn itself.
    private static let backlog: Int32 = 4096

    private init(unix path: String, takesOver: Bool) throws(ListenerError) {
        let predecessor = try Self.clear(path, takesOver: takesOver)
        // Renamed when it is listened on: at no moment does a connection find nobody.
        let name = predecessor == nil ? path : path + ".new"
        if predecessor != nil { unlink(name) }
        let descriptor = try Self.socket(AF_UNIX)
        // 0660 from the first moment on: the web server's group may connect, and nobody else. The file gets the socket's own
        // mode, less the umask, which is the whole process's and not to be changed under its other threads.
        fchmod(descriptor, 0o660)
        let outcome = try Self.address(of: name).bind(descriptor)
        if outcome == 0 { chmod(name, 0o660) }
        try Self.listen(descriptor, outcome, name: "The socket '\(path)'")
        guard name == path || rename(name, path) == 0 else {
            throw ListenerError("The socket '\(path)' cannot be replaced: \(systemMessage()).")
        }
        (fileDescriptor, file, isInherited) = (descriptor, SocketFile(path), false)
        self.predecessor = predecessor
    }

    private static func address(of path: String) throws(ListenerError) -> SocketAddress {
        guard let address = SocketAddress(path: path) else {
            throw ListenerError(
                "The path of the socket '\(path)' has \(path.utf8.count) bytes, and at most \(SocketAddress.longestPath) are possible. Choose a shorter one."
            )
        }
        return address
    }

    private init(tcp text: String) throws(ListenerError) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 2, let port = UInt16(parts[1]), let address = SocketAddress(host: parts[0], port: port) else {
            throw ListenerError("The listener 'tcp:\(text)' must be an IPv4 address and a port, as in 'tcp:127.0.0.1:9000'.")
        }
        let descriptor = try Self.socket(AF_INET)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        try Self.listen(descriptor, address.bind(descriptor), name: "The address '\(text)'")
        (fileDescriptor, file, isInherited) = (descriptor, nil, false)
    }

    private init(inherited text: String) throws(ListenerError) {
        var accepts: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard let descriptor = Int32(text), descriptor >= 0,
            getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) == 0, accepts == 1
        else {
            throw ListenerError(
                "There is no listening socket at 'fd:\(text)'. The program that starts the server has to open it, as spawn-fcgi, lighttpd and systemd do."
            )
        }
        // Non-blocking is a property of the socket that all of its owners share: accept() must not block us, so be it.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        (fileDescriptor, file, isInherited) = (descriptor, nil, true)
    }

    private static func socket(_ family: Int32) throws(ListenerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(family, type, 0)
        guard descriptor >= 0 else { throw ListenerError("No socket can be opened: \(systemMessage()).") }
        return descriptor
    }

    private static func listen(_ descriptor: Int32, _ bound: Int32, name: String) throws(ListenerError) {
        guard bound == 0, Glibc.listen(descriptor, backlog) == 0 else {
            let reason = systemMessage()
            Glibc.close(descriptor)
            throw ListenerError("\(name) cannot be listened on: \(reason).")
        }
    }

    /// Takes away the socket of a server that is gone, and nothing else.
    ///
    /// - Returns: the server that listens there, if it is to be taken over.
    private static func clear(_ path: String, takesOver: Bool) throws(ListenerError) -> Predecessor? {
        let address = try address(of: path)
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenerError("'\(path)' is there already and is no socket. Remove it, or choose another path.")
        }
        let probe = try socket(AF_UNIX)
        defer { Glibc.close(probe) }
        let outcome = address.connect(probe)
        if outcome == 0, takesOver { return try Predecessor(atOtherEndOf: probe, path: path) }
        guard outcome != 0, errno == ECONNREFUSED else {
            throw ListenerError(
                "Another process is listening on '\(path)'. Stop it, choose another path, or take its place with '--take-over'.")
        }
        unlink(path)
        return nil
    }

    /// Lets no further connection reach a socket of our own. Those that wait can still be accepted.
    func stopArrivals() {
        file?.remove()
    }

    func close() {
        if !isInherited { Glibc.close(fileDescriptor) }
    }
}

/// A socket that cannot be listened on; the start ends with it.
package struct ListenerError: Error, Equatable {
    package let message: String

    init(_ message: String) { self.message = message }
}

/// The operating system's words for the last error: `Address already in use`.
func systemMessage() -> String { String(cString: strerror(errno)) }
