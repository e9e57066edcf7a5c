// A line is one write(2) under a lock, so that lines never mix. Whoever reads them may be slow, gone, or a disk that is full:
// then lines are lost and counted, since no request may wait for its log.

import Glibc
import Synchronization

/// The file, or the standard error, that log lines go to.
package final class LogWriter: Sendable {
    /// How long a line waits for a reader that is behind, in milliseconds; the next ones do not wait until one got through.
    private static let patience: Int32 = 20

    private struct State {
        var descriptor: Int32
        var lostLines = 0
        /// The last line was written in part.
        var isTorn = false
    }

    /// Nil for the standard error.
    private let path: String?
    private let state: Mutex<State>

    /// - Throws: ``LogFileError`` if the file cannot be opened.
    package init(path: String?) throws(LogFileError) {
        self.path = path
        state = Mutex(State(descriptor: try path.map(Self.open) ?? STDERR_FILENO))
    }

    deinit {
        if path != nil { state.withLock { _ = close($0.descriptor) } }
    }

    // O_NONBLOCK: a FIFO that nobody reads must not stop the start.
    private static func open(_ path: String) throws(LogFileError) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw LogFileError(path: path, reason: String(cString: strerror(errno))) }
        return descriptor
    }

    /// Opens the file by its name again, after another program has given it another one.
    ///
    /// - Throws: ``LogFileError``; lines go on into the old file then.
    package func reopen() throws(LogFileError) {
        guard let path else { return }
        let new = try Self.open(path)
        state.withLock { state in
            close(state.descriptor)
            state.descriptor = new
            state.isTorn = false
        }
    }

    /// Writes a line, which ends with a line feed.
    ///
    /// - Parameter lost: makes the line that says how many could not be written before.
    func write(_ line: [UInt8], lost: (Int) -> [UInt8]) {
        state.withLock { state in
            if state.lostLines > 0, Self.send(lost(state.lostLines), &state) { state.lostLines = 0 }
            if state.lostLines > 0 || !Self.send(line, &state) { state.lostLines += 1 }
        }
    }

    private static func send(_ line: [UInt8], _ state: inout State) -> Bool {
        let line = state.isTorn ? [UInt8(ascii: "\n")] + line : line
        var event = pollfd(fd: state.descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&event, 1, state.lostLines > 0 ? 0 : patience) > 0 else { return false }
        // The journal's socket may have room for a part only, for which write() would wait.
        var count = Glibc.send(state.descriptor, line, line.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        if count < 0 && errno == ENOTSOCK { count = Glibc.write(state.descriptor, line, line.count) }
        if count > 0 { state.isTorn = count < line.count }
        return count == line.count
    }
}

/// A log file that cannot be written to; the start ends with it.
package struct LogFileError: Error, Equatable, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String {
        "The setting 'logFile': '\(path)' cannot be opened: \(reason). Its directory must be the server's to write."
    }
}
