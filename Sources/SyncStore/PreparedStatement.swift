// Records go through SQLite's own interface and not through GRDB's arguments and rows: those make a Swift value of each
// cell, and a document is to be copied as bytes, without a look at its UTF-8. GRDB keeps the connections, the
// transactions and the cache of the statements.

import GRDB
import GRDBSQLite

/// A cached statement of one connection, used at once and reset after its last row.
struct PreparedStatement {
    private let handle: OpaquePointer

    init(_ sql: StaticString, _ connection: Connection) throws { self.init(try connection.statement(sql)) }

    init(_ sql: SQLText, _ connection: Connection) throws { self.init(try connection.statement(sql)) }

    private init(_ handle: OpaquePointer) {
        self.handle = handle
        sqlite3_reset(handle)
    }

    // SQLite copies what it is given (SQLITE_TRANSIENT), so that no pointer outlives its call.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func bind(_ value: Int64, at index: Int32) -> Self {
        sqlite3_bind_int64(handle, index, value)
        return self
    }

    /// Binds NULL for nil.
    func bind(_ value: Int64?, at index: Int32) -> Self {
        if let value { return bind(value, at: index) }
        sqlite3_bind_null(handle, index)
        return self
    }

    func bind(blob bytes: [UInt8], at index: Int32) -> Self {
        bytes.withUnsafeBytes {
            _ = sqlite3_bind_blob(handle, index, $0.baseAddress ?? UnsafeRawPointer(emptyText), Int32($0.count), Self.transient)
        }
        return self
    }

    func bind(_ text: String, at index: Int32) -> Self {
        var text = text
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(handle, index, $0.baseAddress ?? emptyText, Int32($0.count), Self.transient)
            }
        }
        return self
    }

    /// Binds NULL for nil.
    func bind(_ text: String?, at index: Int32) -> Self {
        if let text { return bind(text, at: index) }
        sqlite3_bind_null(handle, index)
        return self
    }

    func bind(_ text: [UInt8], at index: Int32) -> Self {
        text.withUnsafeBufferPointer { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(handle, index, $0.baseAddress ?? emptyText, Int32($0.count), Self.transient)
            }
        }
        return self
    }

    /// Moves to the next row; after the last one the statement is reset.
    ///
    /// - Throws: `DatabaseError`; the statement is reset then too.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        let reset = sqlite3_reset(handle)
        guard code == SQLITE_DONE else {
            let connection = sqlite3_db_handle(handle)
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)) + (reset == code ? "" : " (\(code))"))
        }
        return false
    }

    /// Runs a statement that has no rows.
    func run() throws {
        while try step() {}
    }

    /// The first row, read by `read`, after which the statement is reset.
    func first<Row>(_ read: (PreparedStatement) throws -> Row) throws -> Row? {
        guard try step() else { return nil }
        defer { reset() }
        return try read(self)
    }

    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func blob(_ column: Int32) -> [UInt8] {
        let start = sqlite3_column_blob(handle, column)
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func string(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    /// The text of a cell, valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // The text first and its length afterwards: https://www.sqlite.org/c3ref/column_blob.html
        let start = sqlite3_column_text(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }
}

/// What an empty text points to: SQLite takes a null pointer for NULL.
nonisolated(unsafe) private let emptyText: UnsafePointer<CChar> = {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    text.initialize(to: 0)
    return UnsafePointer(text)
}()
