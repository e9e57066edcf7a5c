// Copying the write-ahead log back into the database is done beside the writer and not by it: within a commit it would let
// everybody wait who waits for that commit (https://www.sqlite.org/wal.html#ckpt). But as long as somebody writes, a copy made
// beside them never is complete, and only then does the log begin anew. So the writer copies the few pages that came
// meanwhile, between two commits: some milliseconds, where a whole log took fifty. The disk has the others by then.

import CoreMetrics
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Keeps the write-ahead log short, on a thread and a connection of its own.
final class Checkpointer: Sendable {
    /// The log's length from which on it is worth it, in pages of 4 KiB: a page that several commits change is copied once. A
    /// longer log also makes it slower to find a page.
    private static let worthwhile = 8000

    private enum State: UInt8, AtomicRepresentable {
        case waiting, copying, copied, stopped
    }

    private let path: String
    private let instruments: StoreInstruments
    private let whenDiskFails: @Sendable (String) -> Void
    private let state = Atomic(State.waiting)
    private let log: Log
    private let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    /// The log as the writer's last commit left it.
    ///
    /// Unchecked: the writer's thread alone uses it.
    private final class Log: @unchecked Sendable {
        var pages = 0
    }

    /// - Parameters:
    ///   - writer: the only connection that writes. It checkpoints by itself no more.
    ///   - whenDiskFails: ``Store/Options/whenDiskFails``
    init(path: String, writer: Database, instruments: StoreInstruments, whenDiskFails: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.instruments = instruments
        self.whenDiskFails = whenDiskFails
        log = Log()
        // https://www.sqlite.org/c3ref/wal_hook.html
        sqlite3_wal_hook(
            writer.sqliteConnection,
            { log, _, _, pages in
                if let log { Unmanaged<Log>.fromOpaque(log).takeUnretainedValue().pages = Int(pages) }
                return SQLITE_OK
            }, Unmanaged.passUnretained(log).toOpaque())
        let thread = Thread { [self] in run() }
        thread.name = "checkpointer"
        thread.start()
    }

    /// To be called by the writer's thread between two transactions, when nobody waits for it any more.
    func afterCommit(_ writer: Database) {
        switch state.load(ordering: .acquiring) {
        case .waiting where log.pages >= Self.worthwhile:
            if state.compareExchange(expected: .waiting, desired: .copying, ordering: .acquiringAndReleasing).exchanged { wakeUp.signal() }
        case .copied:
            // A full disk is no reason to end: the log grows, and the next round tries again.
            do { try writer.checkpoint(.passive) } catch { endIfLost(error) }
            _ = state.compareExchange(expected: .copied, desired: .waiting, ordering: .acquiringAndReleasing)
        case .waiting, .copying, .stopped: break
        }
    }

    private func run() {
        // Opened when it is first needed: many a server never has as much to copy.
        var database: DatabaseQueue?
        while true {
            wakeUp.wait()
            if state.load(ordering: .acquiring) == .stopped { break }
            if database == nil { database = try? DatabaseQueue(path: path, configuration: configuration) }
            let start = ContinuousClock.now
            do { try database?.writeWithoutTransaction(copy) } catch { endIfLost(error) }
            instruments.checkpoint.recordNanoseconds(start.nanosecondsUntilNow)
            _ = state.compareExchange(expected: .copying, desired: .copied, ordering: .acquiringAndReleasing)
        }
        try? database?.close()
        finished.signal()
    }

    private func copy(by database: Database) throws {
        // What was written during one copy is the next one's: the less is left to the writer.
        for _ in 1...3 {
            try database.checkpoint(.passive)
            try syncFile(of: database)
        }
    }

    /// Has the disk write what has been copied to the database's file. SQLite itself does so only at the end of a copy that
    /// is complete: the writer's, which would wait for all of it.
    private func syncFile(of database: Database) throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        // https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlfilepointer
        guard sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK else { return }
        let code = file?.pointee.pMethods?.pointee.xSync?(file, SQLITE_SYNC_NORMAL) ?? SQLITE_OK
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    /// Has the process end if the disk has not taken what was copied to the database's file.
    ///
    /// The kernel may have dropped those pages, and a second sync would succeed without them
    /// (https://wiki.postgresql.org/wiki/Fsync_Errors). SQLite does not copy them a second time, and would begin the log anew,
    /// which alone has them still. The next process that opens the database copies all of the log. Commits need nothing like
    /// this: one whose sync fails is taken back, and the next is written over it.
    func endIfLost(_ error: any Error) {
        guard let error = error as? DatabaseError, error.extendedResultCode == .SQLITE_IOERR_FSYNC else { return }
        whenDiskFails(
            "The database's file '\(path)' cannot be brought onto the disk: \(error.extendedResultCode). Nothing is lost: the log has"
                + " it all, and the next start copies it again. Look at the disk before.")
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "checkpointer"
        return configuration
    }

    /// Returns when the thread has ended and the connection is closed.
    func stop() {
        state.store(.stopped, ordering: .releasing)
        wakeUp.signal()
        finished.wait()
    }
}
