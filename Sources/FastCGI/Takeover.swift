// A new server takes the place of one that runs: it puts a socket of its own into the place of the other's, in one step, and
// then asks the other to end. The other answers what has reached it, and meanwhile both have the database open.

import CFastCGI
import Foundation
import Glibc

/// The server whose socket was taken over.
package struct Predecessor: Sendable, Equatable {
    package let process: Int32

    /// - Parameter probe: a connection to its socket.
    /// - Throws: ``ListenerError`` if it is somebody else who keeps the socket open.
    init(atOtherEndOf probe: Int32, path: String) throws(ListenerError) {
        let peer = cfastcgi_listening_process(probe)
        guard peer > 0 else {
            throw ListenerError("Who listens on '\(path)' cannot be told. Stop it, and start the server without '--take-over'.")
        }
        let (name, ownName) = (Self.name(of: "\(peer)"), Self.name(of: "self"))
        guard name == ownName else {
            throw ListenerError(
                "The socket '\(path)' is kept open by '\(name ?? "?")' (process \(peer)), which can start the server anew. There is nothing to take over."
            )
        }
        process = peer
    }

    private static func name(of process: String) -> String? {
        (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8))?.trimmingCharacters(in: .newlines)
    }

    /// Asks it to answer what has reached it and to end.
    ///
    /// - Returns: whether we may.
    package func end() -> Bool { kill(process, SIGTERM) == 0 }
}

/// A unix socket's file as it was made: what has come into its place since is somebody else's.
struct SocketFile: Sendable {
    private let path: String
    private let inode: ino_t

    init(_ path: String) {
        self.path = path
        inode = Self.inode(of: path)
    }

    func remove() {
        if Self.inode(of: path) == inode { unlink(path) }
    }

    private static func inode(of path: String) -> ino_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_ino : 0
    }
}
