import GRDB

/// A user's row: the small key that stands for the subject in every table, and the head.
enum UserRow {
    static func find(_ user: UserID, _ db: Database) throws -> (key: Int64, head: Version)? {
        try PreparedStatement("SELECT key, head FROM users WHERE subject = ?1", db).bind(user.subject, at: 1)
            .first { ($0.integer(0), Version($0.integer(1))) }
    }

    static func insert(_ user: UserID, _ db: Database) throws -> Int64 {
        try PreparedStatement("INSERT INTO users (subject, head) VALUES (?1, 0)", db).bind(user.subject, at: 1).run()
        return db.lastInsertedRowID
    }
}
