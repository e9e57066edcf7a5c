// Tombstones, outcomes and settled or forgotten conflicts are kept for the retention and not for ever. They are purged in
// small steps, each a job like a bulk's in the writer's queue, so that nobody waits long for it.

import GRDB
package import SyncKit

extension Store {
    /// What a purge has removed.
    package struct PurgeCount: Sendable, Equatable {
        package var tombstones = 0
        package var outcomes = 0
        package var conflicts = 0
    }

    private static let step = 500

    /// Removes what is older than `limit`. Of a tombstone its id stays, as a grave (PROTOCOL section 5).
    ///
    /// - Parameter report: is told after each step what was removed so far.
    /// - Throws: ``StoreError`` if the database cannot; what was purged before stays purged.
    @discardableResult
    package func purge(before limit: Timestamp, report: (PurgeCount) -> Void = { _ in }) throws -> PurgeCount {
        try writer.write { connection in
            try PreparedStatement(
                "INSERT INTO meta (name, value) VALUES ('purgedBefore', ?1) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
                connection
            ).bind(limit.milliseconds, at: 1).run()
        }
        var total = PurgeCount()
        // Entities without a handler are passed over: their tombstones wait for its return.
        for table in tablesByKey.values {
            while case let count = try writer.write({ [self] in try buryTombstones(before: limit, of: table, $0) }), count > 0 {
                total.tombstones += count
                report(total)
            }
        }
        var user: Int64? = 0
        while let last = user {
            let step = try writer.write { [self] in try forget(ofUserAfter: last, before: limit, $0.db) }
            user = step?.user
            total.outcomes += step?.outcomes ?? 0
            total.conflicts += step?.conflicts ?? 0
            report(total)
        }
        return total
    }

    /// Nil if there are no more users.
    private func forget(
        ofUserAfter last: Int64, before limit: Timestamp, _ db: Database
    ) throws -> (user: Int64, outcomes: Int, conflicts: Int)? {
        let next = try Int64.fetchOne(db, sql: "SELECT key FROM users WHERE key > ? ORDER BY key LIMIT 1", arguments: [last])
        guard let next else { return nil }
        try db.execute(sql: "DELETE FROM operations WHERE user = ? AND at < ?", arguments: [next, limit.milliseconds])
        let outcomes = db.changesCount
        // A position that is a mere number for a place stays: without its row it would be taken for a version.
        try db.execute(
            sql: "DELETE FROM cut_pages WHERE user = ? AND at < ? AND coalesce(place, position) = position",
            arguments: [next, limit.milliseconds])
        try forgetRefusals(of: next, before: limit, db)
        try forgetDeletedContents(of: next, before: limit, db)
        return (next, outcomes, try forgetConflicts(of: next, before: limit, db))
    }

    private func buryTombstones(before limit: Timestamp, of table: Table, _ connection: Connection) throws -> Int {
        let db = connection.db
        let rows = try Row.fetchAll(
            db, sql: "SELECT user, version, id, writer FROM \(table.name) WHERE deleted = 1 AND version < ? LIMIT \(Self.step)",
            arguments: [limit.milliseconds])
        for user in Set(rows.map { $0["user"] as Int64 }) { try beginStretch(of: user, at: limit, connection) }
        for row in rows {
            let (user, version, id, writer): (Int64, Int64, String, String) = (row[0], row[1], row[2], row[3])
            try db.execute(sql: "DELETE FROM \(table.name) WHERE user = ? AND version = ?", arguments: [user, version])
            try db.execute(
                sql: "INSERT OR REPLACE INTO graves (user, entity, id, version, writer) VALUES (?, ?, ?, ?, ?)",
                arguments: [user, table.entityKey, id, version, writer])
            try db.execute(sql: "UPDATE users SET floor = max(floor, ?) WHERE key = ?", arguments: [version, user])
        }
        return rows.count
    }

    /// Positions that were given out before an entity returned lack its tombstones, and must be told from later ones when these go.
    private func beginStretch(of user: Int64, at now: Timestamp, _ connection: Connection) throws {
        let subject = try PreparedStatement("SELECT subject FROM users WHERE key = ?1", connection).bind(user, at: 1).first {
            UserID($0.string(0))
        }
        guard let subject = subject ?? nil, var row = try UserRow.find(subject, sets, connection), row.needsNewStretch else { return }
        try row.beginStretch(connection, at: max(row.bounds.head, versionFloor).next(at: now))
        try highWaterMark.cover(row.bounds.head)
    }

    private func forgetRefusals(of user: Int64, before limit: Timestamp, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM refusals WHERE user = ? AND at < ?", arguments: [user, limit.milliseconds])
        guard db.changesCount > 0 else { return }
        try db.execute(
            sql: "UPDATE users SET refusals = (SELECT count(*) FROM refusals WHERE user = key) WHERE key = ?", arguments: [user])
    }

    private func forgetDeletedContents(of user: Int64, before limit: Timestamp, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM deleted_contents WHERE user = ? AND version < ?", arguments: [user, limit.milliseconds])
        guard db.changesCount > 0 else { return }
        try db.execute(
            sql: """
                UPDATE users SET deleted_bytes =
                (SELECT coalesce(sum(length(CAST(document AS BLOB))), 0) FROM deleted_contents WHERE user = key) WHERE key = ?
                """, arguments: [user])
    }

    private func forgetConflicts(of user: Int64, before limit: Timestamp, _ db: Database) throws -> Int {
        try db.execute(sql: "DELETE FROM conflicts WHERE user = ? AND at < ?", arguments: [user, limit.milliseconds])
        let count = db.changesCount
        if count > 0 {
            try db.execute(
                sql: """
                    UPDATE users SET conflicts = (SELECT count(*) FROM conflicts WHERE user = key),
                    conflict_bytes = (SELECT coalesce(sum(size), 0) FROM conflicts WHERE user = key),
                    open_conflicts = (SELECT count(*) FROM conflicts WHERE user = key AND open = 1) WHERE key = ?
                    """, arguments: [user])
        }
        return count
    }
}
