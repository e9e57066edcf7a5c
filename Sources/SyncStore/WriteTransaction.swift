import GRDB
package import SyncKit

/// One user's part of a write transaction: reads and writes of records, each write with a version of its own.
///
/// It never opens a transaction itself. The user's head is read at the beginning and written once at the end.
package struct WriteTransaction {
    private let db: Database
    private let tables: [String: Table]
    private let user: UserID
    private let now: Timestamp
    /// Nil as long as the user has not written anything, ever.
    private var userKey: Int64?
    package private(set) var head = Version.zero
    private var hasWritten = false

    init(_ db: Database, tables: [String: Table], user: UserID, now: Timestamp) throws {
        self.db = db
        self.tables = tables
        self.user = user
        self.now = now
        if let found = try UserRow.find(user, db) { (userKey, head) = (found.key, found.head) }
    }

    /// The record under this id, live or deleted.
    package func record(_ id: String, of entity: Entity) throws -> StoredRecord? {
        guard let userKey, let table = tables[entity.name] else { return nil }
        return try PreparedStatement(table.selectRecord, db).bind(userKey, at: 1).bind(id, at: 2).first(StoredRecord.init)
    }

    /// Writes a record, new or over `previous`, as a live one.
    ///
    /// - Throws: ``UniqueViolation`` if another live record holds a value that may be there only once; nothing is written then.
    package mutating func put(
        _ content: Document, id: String, of entity: Entity, over previous: StoredRecord?, by writer: String
    ) throws -> StoredRecord {
        let version = head.next(at: now)
        // What is revived is made anew.
        let createdAt = previous.flatMap { $0.isDeleted ? nil : $0.createdAt } ?? version.timestamp
        let record = StoredRecord(
            content: content, createdAt: createdAt, isDeleted: false,
            stamp: stamp(version, writer, over: previous),
            document: RecordDocument.live(id: id, content: content, version: version, createdAt: createdAt))
        try write(record, id: id, of: entity, over: previous)
        return record
    }

    /// Empties a record and leaves its tombstone.
    package mutating func delete(id: String, of entity: Entity, over previous: StoredRecord, by writer: String) throws -> StoredRecord {
        let version = head.next(at: now)
        let record = StoredRecord(
            content: Document(), createdAt: previous.createdAt, isDeleted: true,
            stamp: stamp(version, writer, over: previous), document: RecordDocument.tombstone(id: id, version: version))
        try write(record, id: id, of: entity, over: previous)
        return record
    }

    private func stamp(_ version: Version, _ writer: String, over previous: StoredRecord?) -> StoredRecord.Stamp {
        previous?.stamp.followed(by: version, of: writer) ?? StoredRecord.Stamp(version: version, writer: writer)
    }

    private mutating func write(_ record: StoredRecord, id: String, of entity: Entity, over previous: StoredRecord?) throws {
        guard let table = tables[entity.name] else { throw StoreError.unavailable("The entity '\(entity.name)' has no table.") }
        let key = try userKey ?? UserRow.insert(user, db)
        userKey = key
        do {
            try upsert(record, id: id, in: table, user: key)
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw try violation(by: record, id: id, in: table, user: key) ?? error
        }
        try replaceChange(of: record, id: id, in: table, user: key, over: previous)
        head = record.stamp.version
        hasWritten = true
    }

    private func upsert(_ record: StoredRecord, id: String, in table: Table, user: Int64) throws {
        try PreparedStatement(table.upsertRecord, db)
            .bind(user, at: 1).bind(id, at: 2).bind(record.stamp.version.value, at: 3)
            .bind(record.createdAt.milliseconds, at: 4).bind(record.isDeleted ? 1 : 0, at: 5)
            .bind(record.stamp.writer, at: 6).bind(record.stamp.versionByOthers.value, at: 7).bind(record.document, at: 8).run()
    }

    /// The feed has each record once, at its newest version.
    private func replaceChange(of record: StoredRecord, id: String, in table: Table, user: Int64, over previous: StoredRecord?) throws {
        if let previous {
            try PreparedStatement("DELETE FROM changes WHERE user = ?1 AND version = ?2", db)
                .bind(user, at: 1).bind(previous.stamp.version.value, at: 2).run()
        }
        try PreparedStatement("INSERT INTO changes (user, version, entity, id, writer, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", db)
            .bind(user, at: 1).bind(record.stamp.version.value, at: 2).bind(table.entityKey, at: 3).bind(id, at: 4)
            .bind(record.stamp.writer, at: 5).bind(record.isDeleted ? 1 : 0, at: 6).run()
    }

    private func violation(by record: StoredRecord, id: String, in table: Table, user: Int64) throws -> UniqueViolation? {
        for rule in table.schema.handler.uniqueRules {
            let holder = try PreparedStatement(table.selectHolder(of: rule), db)
                .bind(user, at: 1).bind(record.document, at: 2).bind(id, at: 3).first { $0.string(0) }
            if let holder { return UniqueViolation(rule: rule, holder: holder) }
        }
        return nil
    }

    /// Writes the user's head, if anything was written.
    func finish() throws {
        guard hasWritten, let userKey else { return }
        try PreparedStatement("UPDATE users SET head = ?2 WHERE key = ?1", db).bind(userKey, at: 1).bind(head.value, at: 2).run()
    }

    /// Runs one operation so that it is done whole or not at all.
    package mutating func savepoint<Value>(_ body: (inout WriteTransaction) throws -> Value) throws -> Value {
        let before = self
        try PreparedStatement("SAVEPOINT operation", db).run()
        do {
            let value = try body(&self)
            try PreparedStatement("RELEASE operation", db).run()
            return value
        } catch {
            // On a full disk SQLite has rolled everything back already, and there is no savepoint any more.
            guard db.isInsideTransaction else { throw error }
            self = before
            try PreparedStatement("ROLLBACK TO operation", db).run()
            try PreparedStatement("RELEASE operation", db).run()
            throw error
        }
    }
}

/// Two live records may not have the same values in a rule's fields.
package struct UniqueViolation: Error, Equatable {
    package let rule: UniqueRule
    /// The id of the live record in the way.
    package let holder: String
}

extension StoredRecord {
    /// Reads a row of ``Table/selectRecord``.
    fileprivate init(_ row: PreparedStatement) throws {
        let document = Array(row.bytes(5))
        let isDeleted = row.integer(2) != 0
        self.init(
            content: isDeleted ? Document() : try RecordDocument.content(of: document),
            createdAt: Timestamp(milliseconds: row.integer(1)), isDeleted: isDeleted,
            stamp: Stamp(version: Version(row.integer(0)), writer: row.string(3), versionByOthers: Version(row.integer(4))),
            document: document)
    }
}
