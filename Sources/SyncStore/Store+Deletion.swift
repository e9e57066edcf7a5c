import Foundation
import GRDB
import SyncKit

extension Store {
    /// Deletes all that is kept of a user, the user too, in one transaction. The server may run meanwhile: its writes wait.
    ///
    /// The pages are overwritten (https://www.sqlite.org/pragma.html#pragma_secure_delete), and the log is copied and cut off, so
    /// that nothing of it is left in the two files. Devices that come back find nothing, and begin anew: the floor of the
    /// versions rises above all that the user was given, below which a new user of this subject accepts no cursor.
    ///
    /// - Returns: how many records, live and deleted; nil if there is no such user.
    /// - Throws: ``StoreError/unusable(_:)`` if the database cannot be written to.
    package static func deleteUser(_ user: UserID, database path: String) throws -> Int? {
        guard FileManager.default.fileExists(atPath: path) else { throw StoreError.unusable("There is no database '\(path)'.") }
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(30)
            let database = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? database.close() }
            try Migrations.requireCurrent(database, path: path)
            return try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.execute(sql: "PRAGMA synchronous = FULL")
                var count: Int?
                try db.inTransaction(.immediate) {
                    count = try delete(user, db)
                    return .commit
                }
                if count != nil { _ = try db.checkpoint(.truncate) }
                return count
            }
        } catch let error as DatabaseError {
            throw StoreError.unusable("The database '\(path)' cannot be written to", error)
        }
    }

    private static func delete(_ user: UserID, _ db: Database) throws -> Int? {
        let row = try Row.fetchOne(db, sql: "SELECT key, head FROM users WHERE subject = ?", arguments: [user.subject])
        guard let row else { return nil }
        let (key, head): (Int64, Int64) = (row[0], row[1])
        var count = 0
        for table in try String.fetchAll(db, sql: "SELECT table_name FROM entities") {
            try db.execute(sql: "DELETE FROM \(Table.name(entityTable: table).quoted) WHERE user = ?", arguments: [key])
            count += db.changesCount
        }
        for table in ["conflicts", "graves", "cut_pages", "operations", "refusals", "deleted_contents", "merged_creates"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE user = ?", arguments: [key])
        }
        try db.execute(sql: "DELETE FROM users WHERE key = ?", arguments: [key])
        // One more than the newest: a position at the newest is below it, too.
        try db.execute(sql: "UPDATE meta SET value = max(value, ? + 1) WHERE name = 'versionFloor'", arguments: [head])
        return count
    }
}
