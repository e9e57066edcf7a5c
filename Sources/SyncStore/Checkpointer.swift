// Copying the write-ahead log back into the database is done beside the writer and not by it: within a commit it would let
// everybody wait who waits for that commit (https://www.sqlite.org/wal.html#ckpt).

import Dispatch
import Foundation
import GRDB

/// Checkpoints the database every second on a thread and a connection of its own, as long as there is something to copy.
final class Checkpointer: Sendable {
    /// The log's size from which on it is worth it, in bytes: a page that several commits change is copied once.
    private static let worthwhile = 16 << 20

    private let path: String
    private let log: URL
    private let stopped = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    init(path: String) {
        self.path = path
        log = URL(filePath: path + "-wal")
        let thread = Thread { [self] in run() }
        thread.name = "checkpointer"
        thread.start()
    }

    private func run() {
        // Opened when it is first needed: many a server never has as much to copy.
        var database: DatabaseQueue?
        while stopped.wait(timeout: .now() + 1) == .timedOut {
            guard isWorthwhile else { continue }
            // A failure is no reason to end: the writer checkpoints too, once the log is many times as large.
            if database == nil { database = try? DatabaseQueue(path: path, configuration: configuration) }
            try? database?.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) }
        }
        try? database?.close()
        finished.signal()
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "checkpointer"
        return configuration
    }

    private var isWorthwhile: Bool {
        let size = try? FileManager.default.attributesOfItem(atPath: log.path)[.size] as? Int
        return size ?? 0 >= Self.worthwhile
    }

    /// Returns once the thread has ended and the connection is closed.
    func stop() {
        stopped.signal()
        finished.wait()
    }
}
