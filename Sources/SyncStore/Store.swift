// The only SQL of the server, and the only place that opens transactions. What stands above sees users, records, changes
// and versions; SQLite could be replaced here by another database without a change elsewhere.

import CSQLite
import Foundation
import GRDB
package import SyncKit
import Synchronization

/// The database: one SQLite file in WAL mode with synchronous=FULL, so that what is acknowledged survives a power cut.
package final class Store: Sendable {
    /// Names this database; cursors of another one are worthless here.
    package let epoch: String
    /// Authenticates the cursors that this database has given out.
    package let cursorKey: [UInt8]
    /// Entities that have records here and no handler any more: kept, and not served.
    package let orphans: [String]

    let writer: GroupCommit
    let tablesByKey: [Int64: Table]
    private let database: DatabaseQueue
    private let readers: Readers
    private let tables: [String: Table]
    let sets: ServedSets
    private let checkpointer: Checkpointer
    let highWaterMark: HighWaterMark
    private let lock: DatabaseLock
    let versionFloor: Version
    private let isClosed = Atomic(false)
    private let path: String

    package struct Options: Sendable {
        /// How many writes may wait for the writer before further ones are refused.
        package var maxWaitingWrites: Int
        /// Has to end the process at once, without closing the store, and say the sentence: the database's file may lack what
        /// only its log has, and a new process alone copies all of that again.
        package var whenDiskFails: @Sendable (String) -> Void
        package var instruments: StoreInstruments

        package init(
            maxWaitingWrites: Int = 1000, instruments: StoreInstruments = .none,
            whenDiskFails: @escaping @Sendable (String) -> Void = { fatalError($0) }
        ) {
            self.instruments = instruments
            self.maxWaitingWrites = maxWaitingWrites
            self.whenDiskFails = whenDiskFails
        }
    }

    /// Opens the file, or makes it, and brings its tables to what the handlers declare.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` with the file and what is wrong with it.
    ///
    /// - Parameter now: when the records that a migration changes are said to have changed.
    package init(path: String, registry: Registry, options: Options = Options(), now: Timestamp) throws {
        _ = Self.isSQLiteSetUp
        self.path = path
        do {
            // First: SQLite lets nobody wait for a log that another is just making.
            lock = try DatabaseLock(database: path)
            let configuration = Self.configuration
            database = try Self.open(path, configuration)
            readers = try Readers(path: path, configuration: configuration)
            guard try !database.read(Migrations.all.hasBeenSuperseded) else {
                throw StoreError.unusable("It is a newer server's. Use that, or restore a backup of before.")
            }
            if !lock.isAlone { try Self.checkThatTablesStay(database, registry) }
            try Migrations.all.migrate(database)
            let catalog = try database.write { db in try Catalog(registry: registry, db, now: now) }
            tables = catalog.tables
            tablesByKey = Dictionary(uniqueKeysWithValues: catalog.tables.values.map { ($0.entityKey, $0) })
            orphans = catalog.orphans
            sets = catalog.sets
            (epoch, cursorKey, versionFloor) = try database.read { db in
                let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'epoch'")
                let key = try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'cursorKey'")
                let floor = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'versionFloor'")
                guard let epoch, let key, let floor else {
                    throw StoreError.unusable("Its table 'meta' lacks the epoch, the cursors' key or the version floor.")
                }
                return (epoch, Array(key), Version(floor))
            }
            lock.share()
            highWaterMark = try HighWaterMark(database: path)
            checkpointer = database.unsafeRead { [path] in
                Checkpointer(path: path, writer: $0, instruments: options.instruments, whenDiskFails: options.whenDiskFails)
            }
            writer = GroupCommit(
                database, checkpointer: checkpointer, maxWaiting: options.maxWaitingWrites, instruments: options.instruments)
        } catch let error as DatabaseError {
            throw StoreError.unusable("The database '\(path)' cannot be opened", error)
        } catch let error as LockError {
            throw StoreError.unusable(error.message)
        } catch StoreError.unusable(let message) {
            throw StoreError.unusable("The database '\(path)' does not fit this server. \(message)")
        }
    }

    /// Another server has the database open: it would go on writing records of the older form.
    private static func checkThatTablesStay(_ database: DatabaseQueue, _ registry: Registry) throws {
        let mayStay = try database.read { db in
            try Migrations.all.hasCompletedMigrations(db) && !Catalog.needsMigration(registry, db)
        }
        guard mayStay else {
            throw StoreError.unusable("Its tables have to be changed, and another server has it open. Stop that one first.")
        }
    }

    private static let isSQLiteSetUp: Bool = {
        csqlite_count_no_memory()
        return true
    }()

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.label = "meelio-sync"
        // The keys are the server's own, and none is ever taken away: checking them would cost four look-ups per operation.
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            // 16 MB of pages for the writer and 2 MB for each reader, in KiB; what falls out is in the system's memory still:
            // https://www.sqlite.org/pragma.html#pragma_cache_size
            try db.execute(sql: "PRAGMA cache_size = \(db.configuration.readonly ? -2000 : -16000)")
        }
        return configuration
    }

    /// The writer's connection.
    private static func open(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.writeWithoutTransaction { db in
            // After it is open: GRDB sets NORMAL, under which the newest commits are lost when the power fails.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // What a savepoint keeps to go back to would go to a file of its own else, from 64 KB on.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return database
    }

    /// Has one user's bulk run as one step of a write transaction.
    ///
    /// - Throws: ``StoreError`` if the database takes no writes now. What `body` throws is thrown by the pending write.
    package func submit<Value>(
        for user: UserID, at now: @escaping () -> Timestamp, _ body: @escaping (inout WriteTransaction) throws -> Value
    ) throws -> PendingWrite<Value> {
        try writer.submit { [self] connection in
            var transaction = try WriteTransaction(
                connection, tables: tables, sets: sets, user: user, now: now(), versionFloor: versionFloor)
            let value = try body(&transaction)
            try transaction.finish()
            try highWaterMark.cover(transaction.head)
            return value
        }
    }

    /// Runs one user's bulk as ``submit(for:at:_:)`` does, and returns when it is durable.
    ///
    /// - Throws: what `body` throws, nothing of it being written; ``StoreError`` if the database cannot.
    package func write<Value>(
        for user: UserID, at now: @escaping () -> Timestamp, _ body: @escaping (inout WriteTransaction) throws -> Value
    ) throws -> Value {
        try submit(for: user, at: now, body).wait()
    }

    /// Reads one user's records as of one moment. It never waits for the writer, but once for each user when other entities
    /// are served than before: see ``ServedSets``.
    package func read<Value>(for user: UserID, at now: @escaping () -> Timestamp, _ body: (Snapshot) throws -> Value) throws -> Value {
        do { return try readUnlessNew(user, body) } catch is OtherEntities {}
        try write(for: user, at: now) { _ in }
        do { return try readUnlessNew(user, body) } catch is OtherEntities {
            throw StoreError.unavailable("Two servers with different handlers use this database. Stop one of them.")
        }
    }

    /// - Throws: ``OtherEntities``.
    private func readUnlessNew<Value>(_ user: UserID, _ body: (Snapshot) throws -> Value) throws -> Value {
        try translatingErrors {
            try readers.read { connection in
                let snapshot = try Snapshot(connection, tables: tablesByKey, sets: sets, user: user)
                if snapshot.needsNewStretch { throw OtherEntities() }
                return try body(snapshot)
            }
        }
    }

    /// The user's row does not know of the entities that are served now.
    private struct OtherEntities: Error {}

    /// Proves that the database can be written to, by a small commit. It changes something, since SQLite does not write what
    /// is there already.
    package func checkWritable() throws {
        try writer.write {
            try $0.db.execute(
                sql: """
                    INSERT INTO meta (name, value) VALUES ('check', randomblob(8)) ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """)
        }
    }

    /// Copies the write-ahead log into the database file and closes it: the last thing before the process ends, when nobody
    /// uses the store any more. A second time it does nothing.
    package func close() throws {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        checkpointer.stop()
        writer.stop()
        try translatingErrors {
            try readers.close()
            do {
                try database.writeWithoutTransaction { db in
                    writer.forgetStatements()
                    _ = try db.checkpoint(.truncate)
                }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                // Another server has the log in use, and copies it.
            } catch {
                checkpointer.endIfLost(error)
                throw error
            }
            try database.close()
        }
        lock.release()
    }

    deinit {
        guard !isClosed.load(ordering: .relaxed) else { return }
        writer.stop()
        checkpointer.stop()
    }

    // MARK: - For the metrics

    package var sqliteVersion: String { String(cString: sqlite3_libversion()) }

    /// How many writes wait for the writer now.
    package var waitingWrites: Int { writer.waitingCount }

    /// The size of the database's file, in bytes.
    package var databaseBytes: Int { Self.size(of: path) }

    /// The size of the file of the write-ahead log, in bytes. It does not shrink while the server runs: it is written over.
    package var logBytes: Int { Self.size(of: path + "-wal") }

    /// In bytes; 0 for a file that is not there.
    package static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    func translatingErrors<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as DatabaseError { throw StoreError(error) }
    }
}
