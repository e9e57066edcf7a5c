import GRDB
import GRDBSQLite

/// A connection to the database, with the statements that it has prepared.
///
/// GRDB keeps prepared statements too, and finds them by their text: to hash that takes as long as SQLite needs for what a
/// statement does here. These are found by the place where their text is.
///
/// Unchecked: one thread at a time uses a connection.
final class Connection: @unchecked Sendable {
    let db: Database
    private var statements: [UnsafeRawPointer: Statement] = [:]
    private var texts: [SQLText] = []

    init(_ db: Database) { self.db = db }

    /// The statement of a literal in the source.
    func statement(_ sql: StaticString) throws -> OpaquePointer {
        try statement(at: UnsafeRawPointer(sql.utf8Start)) { sql.description }
    }

    /// The statement of a text that was put together.
    func statement(_ sql: SQLText) throws -> OpaquePointer {
        try statement(at: UnsafeRawPointer(Unmanaged.passUnretained(sql).toOpaque())) {
            // Its place must not become another's.
            texts.append(sql)
            return sql.text
        }
    }

    private func statement(at place: UnsafeRawPointer, _ text: () -> String) throws -> OpaquePointer {
        if let known = statements[place] { return known.sqliteStatement }
        let new = try db.makeStatement(sql: text())
        statements[place] = new
        return new.sqliteStatement
    }

    /// Before the connection is closed: SQLite refuses to as long as there are statements.
    func forgetStatements() { statements = [:] }
}

/// The text of a statement that is put together when the store is opened.
final class SQLText: Sendable {
    let text: String

    init(_ text: String) { self.text = text }
}
