import Foundation
import GRDB

extension Store {
    /// Copies the database, as it is at one moment, to a new file. The server may go on meanwhile.
    ///
    /// The copy has nothing of what was deleted before, as one by the backup API would, and the server's writes do not have it begin
    /// anew. It is checked; what could not be finished is removed.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` if the file is there already, cannot be written, or does not pass the check.
    package static func backUp(database: String, to backup: String) throws {
        try check(isThere: database)
        guard !FileManager.default.fileExists(atPath: backup) else {
            throw StoreError.unusable("The file '\(backup)' is there already. Remove it, or choose another name.")
        }
        guard FileManager.default.createFile(atPath: backup, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw StoreError.unusable("The file '\(backup)' cannot be made. Is its directory there, and may you write to it?")
        }
        do {
            try translating(backup) {
                // https://www.sqlite.org/lang_vacuum.html#vacuuminto
                try DatabaseQueue(path: database).writeWithoutTransaction { db in
                    try db.execute(sql: "VACUUM INTO ?", arguments: [backup])
                }
                let copy = try DatabaseQueue(path: backup)
                try checkIntegrity(of: copy, backup)
                try copy.close()
            }
        } catch {
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(backup + suffix) }
            throw error
        }
    }

    private static func checkIntegrity(of copy: DatabaseQueue, _ file: String) throws {
        let report = try copy.read { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") }
        guard report == ["ok"] else {
            throw StoreError.unusable("The file '\(file)' is damaged, by SQLite's integrity check: \(report.first ?? "").")
        }
    }

    /// Puts a backup in the place of the database, while no server runs on it.
    ///
    /// The restored database has a new epoch, so that every device starts anew and none believes to have what is gone, and
    /// its versions go on above all that were ever given out here: see ``HighWaterMark``.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` if the backup is damaged or something cannot be written; the database is
    ///   unchanged then.
    package static func restore(backup: String, to database: String) throws {
        try check(isThere: backup)
        try checkIsUnused(database)
        let mark = try HighWaterMark.read(beside: database)
        let fresh = database + ".restored"
        try? FileManager.default.removeItem(atPath: fresh)
        try translating(backup) {
            let copy = try DatabaseQueue(path: fresh)
            try DatabaseQueue(path: backup).backup(to: copy)
            // The backup may be an older server's.
            try Migrations.all.migrate(copy)
            try checkIntegrity(of: copy, backup)
            try copy.write { db in
                try db.execute(sql: "UPDATE meta SET value = lower(hex(randomblob(8))) WHERE name = 'epoch'")
                try db.execute(
                    sql: "UPDATE meta SET value = max(value, ?, (SELECT coalesce(max(head), 0) FROM users)) WHERE name = 'versionFloor'",
                    arguments: [mark.value])
                try db.execute(
                    sql: """
                        UPDATE users SET lost = json_insert(lost, '$[#]', json_array(head, (SELECT value FROM meta WHERE name = 'versionFloor')))
                        """)
            }
            try copy.close()
        }
        // The old write-ahead log, if there is one still, belongs to the old file: SQLite would replay it into the new one.
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database + suffix) }
        guard rename(fresh, database) == 0 else { throw StoreError.unusable("The file '\(database)' cannot be replaced.") }
    }

    /// A server that goes on writing into the file which is replaced would lose what it writes.
    ///
    /// Leaving WAL mode works for the only connection of a database: https://www.sqlite.org/pragma.html#pragma_journal_mode.
    /// A database that is damaged, or not there, is nobody's.
    private static func checkIsUnused(_ database: String) throws {
        guard FileManager.default.fileExists(atPath: database) else {
            let folder = URL(filePath: database).deletingLastPathComponent().path
            guard FileManager.default.fileExists(atPath: folder) else {
                throw StoreError.unusable("There is no directory '\(folder)'. Make it first.")
            }
            return
        }
        do {
            let queue = try DatabaseQueue(path: database)
            try queue.writeWithoutTransaction { db in _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") }
            try queue.close()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED {
            throw StoreError.unusable("The database '\(database)' is in use. Stop the server first.")
        } catch {}
    }

    private static func check(isThere path: String) throws {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw StoreError.unusable("There is no file '\(path)' that can be read.")
        }
    }

    private static func translating(_ path: String, _ body: () throws -> Void) throws {
        do { try body() } catch let error as DatabaseError {
            throw StoreError.unusable("The file '\(path)' cannot be used", error)
        }
    }
}
