import GRDB

/// A user's row: the small key that stands for the subject in every table, the head, and the counters.
struct UserRow {
    var key: Int64
    var bounds = FeedBounds()
    var openConflicts = 0
    /// Open and settled ones.
    var conflicts = 0
    /// The room that they take, in bytes.
    var conflictBytes = 0
    /// The refused operations that are remembered.
    var refusals = 0
    /// The room that the contents of deleted records take, in bytes.
    var deletedBytes = 0
    var usage = UsageTable()

    static func find(_ user: UserID, _ sets: ServedSets?, _ connection: Connection) throws -> UserRow? {
        try PreparedStatement(
            """
            SELECT key, head, floor, lost, open_conflicts, conflicts, usage, conflict_bytes, refusals, deleted_bytes, served
            FROM users WHERE subject = ?1
            """, connection
        ).bind(user.subject, at: 1).first { try read($0, sets) }
    }

    private static func read(_ row: PreparedStatement, _ sets: ServedSets?) throws -> UserRow {
        let bounds = FeedBounds(
            head: Version(row.integer(1)), floor: Version(row.integer(2)), lost: try LostVersions(json: row.bytes(3)),
            served: try ServedHistory(json: row.bytes(10)), sets: sets)
        return UserRow(
            key: row.integer(0), bounds: bounds, openConflicts: Int(row.integer(4)), conflicts: Int(row.integer(5)),
            conflictBytes: Int(row.integer(7)), refusals: Int(row.integer(8)), deletedBytes: Int(row.integer(9)),
            usage: try UsageTable(json: row.bytes(6)))
    }

    /// - Parameter floor: up to where versions were given out before to a user of this name, in a database of which this one is
    ///   an older copy, or before the user was deleted.
    static func insert(_ user: UserID, floor: Version, _ sets: ServedSets?, _ connection: Connection) throws -> UserRow {
        let lost = LostVersions(through: floor)
        var served = ServedHistory()
        if let sets, sets.current != ServedHistory.first { served.begin(sets.current, from: .zero, floor: floor) }
        try PreparedStatement("INSERT INTO users (subject, floor, lost, served) VALUES (?1, ?2, ?3, ?4)", connection)
            .bind(user.subject, at: 1).bind(floor.value, at: 2).bind(lost.json, at: 3).bind(served.json, at: 4).run()
        return UserRow(
            key: connection.db.lastInsertedRowID, bounds: FeedBounds(floor: floor, lost: lost, served: served, sets: sets))
    }

    func update(_ connection: Connection) throws {
        try PreparedStatement(
            """
            UPDATE users SET head = ?2, open_conflicts = ?3, conflicts = ?4, usage = ?5, conflict_bytes = ?6, refusals = ?7,
            deleted_bytes = ?8 WHERE key = ?1
            """, connection
        ).bind(key, at: 1).bind(bounds.head.value, at: 2).bind(Int64(openConflicts), at: 3).bind(Int64(conflicts), at: 4)
            .bind(usage.json, at: 5).bind(Int64(conflictBytes), at: 6).bind(Int64(refusals), at: 7).bind(Int64(deletedBytes), at: 8).run()
    }

    /// Returns the key.
    mutating func apply(_ change: (inout UserRow) -> Void) -> Int64 {
        change(&self)
        return key
    }

    /// Whether positions given out from now on stand for another set of entities than those given out before.
    var needsNewStretch: Bool { bounds.sets.map { $0.current != bounds.served.current } ?? false }

    /// Raises the head, so that a position given out from now on is told from those given out before, though nothing is written.
    mutating func beginStretch(_ connection: Connection, at now: Version) throws {
        guard let set = bounds.sets?.current else { return }
        bounds.head = now
        bounds.served.begin(set, from: now, floor: bounds.floor)
        try PreparedStatement("UPDATE users SET head = ?2, served = ?3 WHERE key = ?1", connection)
            .bind(key, at: 1).bind(bounds.head.value, at: 2).bind(bounds.served.json, at: 3).run()
    }
}
