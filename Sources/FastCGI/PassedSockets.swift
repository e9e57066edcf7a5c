import Foundation

/// The sockets that systemd, or whoever does as it does, has opened for this process: sd_listen_fds(3).
struct PassedSockets {
    private static let first = 3

    private let environment: [String: String]
    private let process: Int32

    init(
        environment: [String: String] = ProcessInfo.processInfo.environment, process: Int32 = ProcessInfo.processInfo.processIdentifier
    ) {
        self.environment = environment
        self.process = process
    }

    /// - Throws: ``ListenerError`` if there are none, if they are another process's, or if one does not listen.
    func listeners() throws(ListenerError) -> [Listener] {
        var listeners: [Listener] = []
        for number in try numbers() { listeners.append(try Listener(parsing: "fd:\(number)")) }
        return listeners
    }

    /// The numbers of the descriptors: 3 and those after it.
    func numbers() throws(ListenerError) -> Range<Int> {
        guard let owner = environment["LISTEN_PID"], let text = environment["LISTEN_FDS"] else {
            throw ListenerError(
                "The listener is 'systemd', and LISTEN_PID and LISTEN_FDS are not set: systemd has passed no socket. Start meelio-sync.socket, or choose another listener."
            )
        }
        // A child inherits the variables, but they do not speak of it.
        guard owner == "\(process)" else {
            throw ListenerError(
                "The listener is 'systemd', and its sockets are for the process \(owner), while this is \(process). Start the server without a program in between."
            )
        }
        guard let count = Int(text), (1...1024).contains(count) else {
            throw ListenerError("The listener is 'systemd', and LISTEN_FDS is '\(text)', which must be a number of sockets from 1 to 1024.")
        }
        return Self.first..<Self.first + count
    }
}
