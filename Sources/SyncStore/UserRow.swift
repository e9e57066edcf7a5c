import GRDB

/// A user's row: the small key that stands for the subject in every table, the head, and what is counted.
struct UserRow {
    var key: Int64
    var bounds = FeedBounds()
    var openConflicts = 0
    /// Open and settled ones.
    var conflicts = 0
    var usage = UsageTable()

    static func find(_ user: UserID, _ connection: Connection) throws -> UserRow? {
        try PreparedStatement("SELECT key, head, floor, lost, open_conflicts, conflicts, usage FROM users WHERE subject = ?1", connection)
            .bind(user.subject, at: 1).first(read)
    }

    private static func read(_ row: PreparedStatement) throws -> UserRow {
        let bounds = FeedBounds(
            head: Version(row.integer(1)), floor: Version(row.integer(2)), lost: try LostVersions(json: row.bytes(3)))
        return UserRow(
            key: row.integer(0), bounds: bounds, openConflicts: Int(row.integer(4)), conflicts: Int(row.integer(5)),
            usage: try UsageTable(json: row.bytes(6)))
    }

    /// - Parameter floor: up to where versions were given out before to a user of this name, in a database of which this one is
    ///   an older copy, or before the user was deleted.
    static func insert(_ user: UserID, floor: Version, _ connection: Connection) throws -> UserRow {
        let lost = LostVersions(through: floor)
        try PreparedStatement("INSERT INTO users (subject, floor, lost) VALUES (?1, ?2, ?3)", connection)
            .bind(user.subject, at: 1).bind(floor.value, at: 2).bind(lost.json, at: 3).run()
        return UserRow(key: connection.db.lastInsertedRowID, bounds: FeedBounds(floor: floor, lost: lost))
    }

    func update(_ connection: Connection) throws {
        try PreparedStatement("UPDATE users SET head = ?2, open_conflicts = ?3, conflicts = ?4, usage = ?5 WHERE key = ?1", connection)
            .bind(key, at: 1).bind(bounds.head.value, at: 2).bind(Int64(openConflicts), at: 3).bind(Int64(conflicts), at: 4)
            .bind(usage.json, at: 5).run()
    }
}
