import GRDB
package import SyncKit

/// One user's part of a write transaction: reads and writes of records, each write with a version of its own.
///
/// It never opens a transaction itself. The user's row is read at the beginning and written once at the end.
package struct WriteTransaction {
    let connection: Connection
    let user: UserID
    package let now: Timestamp
    let tables: [String: Table]
    private let versionFloor: Version
    /// Nil as long as the user has nothing here, ever.
    private(set) var row: UserRow?
    private var isChanged = false
    private let sets: ServedSets?

    init(
        _ connection: Connection, tables: [String: Table], sets: ServedSets?, user: UserID, now: Timestamp, versionFloor: Version
    ) throws {
        self.connection = connection
        self.tables = tables
        self.user = user
        self.now = now
        self.sets = sets
        row = try UserRow.find(user, sets, connection)
        // Read anew for a new user: one of this name may have been deleted since the start (Store+Deletion.swift).
        self.versionFloor = try row == nil ? Self.versionFloor(connection) : versionFloor
        if var row, row.needsNewStretch {
            try row.beginStretch(connection, at: nextVersion)
            self.row = row
        }
    }

    /// Above which all versions are, whoever the user is; in `meta`.
    static func versionFloor(_ connection: Connection) throws -> Version {
        try PreparedStatement("SELECT value FROM meta WHERE name = 'versionFloor'", connection).first { Version($0.integer(0)) } ?? .zero
    }

    package var bounds: FeedBounds { row?.bounds ?? FeedBounds() }

    package var head: Version { row?.bounds.head ?? .zero }

    /// Whether any are stored, open or settled.
    package var hasConflicts: Bool { (row?.conflicts ?? 0) > 0 }

    /// The user's live records of all entities, and the bytes of their JSON and of the stored conflicts.
    package var usage: (records: Int, bytes: Int) { row.map { ($0.usage.records, $0.usage.bytes + $0.conflictBytes) } ?? (0, 0) }

    /// Changes the user's row, which is made if there is none; returns its key.
    @discardableResult
    mutating func changeRow(_ change: (inout UserRow) -> Void = { _ in }) throws -> Int64 {
        if row == nil { row = try UserRow.insert(user, floor: versionFloor, sets, connection) }
        isChanged = true
        // In its place: a copy of the row costs more than most changes of it.
        guard let key = row?.apply(change) else { throw StoreError.unavailable("The user has no row.") }
        return key
    }

    /// Writes the user's row, if anything has changed.
    func finish() throws {
        if isChanged { try row?.update(connection) }
    }

    func table(of entity: Entity) throws -> Table {
        guard let table = tables[entity.name] else { throw StoreError.unavailable("The entity '\(entity.name)' has no table.") }
        return table
    }
}

// MARK: - Records

extension WriteTransaction {
    /// The record under this id, live or deleted.
    package func record(_ id: String, of entity: Entity) throws -> StoredRecord? {
        guard let key = row?.key else { return nil }
        return try PreparedStatement(table(of: entity).selectRecord, connection).bind(key, at: 1).bind(id, at: 2).first(
            StoredRecord.init)
    }

    /// Writes a record, new or over `previous`, as a live one.
    ///
    /// - Throws: ``UniqueViolation`` if another live record holds a value that may be there only once; nothing is written then.
    package mutating func put(
        _ content: Document, id: String, of entity: Entity, over previous: StoredRecord?, by author: Author
    ) throws -> StoredRecord {
        let version = nextVersion
        let live = previous.flatMap { $0.isDeleted ? nil : $0 }
        // What is revived is made anew.
        let createdAt = live?.createdAt ?? version.timestamp
        let fieldStamps = live.map { live in
            live.fieldStamps.changed(
                live.content.changes(to: content), record: live.stamp, version: version, writer: author.client, edited: author.edited)
        }
        let record = StoredRecord(
            content: content, createdAt: createdAt, isDeleted: false, stamp: stamp(version, author, over: previous),
            fieldStamps: fieldStamps ?? FieldStamps(),
            document: RecordDocument.live(id: id, content: content, version: version, createdAt: createdAt))
        try write(record, id: id, of: entity, over: previous)
        return record
    }

    /// Empties a record and leaves its tombstone; where there is no record, it leaves one for whoever believes that there is.
    @discardableResult
    package mutating func delete(
        id: String, of entity: Entity, over previous: StoredRecord?, by author: Author
    ) throws -> StoredRecord {
        let version = nextVersion
        let record = StoredRecord(
            content: Document(), createdAt: previous?.createdAt ?? version.timestamp, isDeleted: true,
            stamp: stamp(version, author, over: previous),
            document: RecordDocument.tombstone(id: id, version: version))
        try write(record, id: id, of: entity, over: previous)
        if let previous, !previous.isDeleted { try keepDeleted(previous.document, under: version) }
        return record
    }

    /// PROTOCOL section 2: later than the head and not before the clock, and above all that a database gave out of which
    /// this one is an older copy.
    var nextVersion: Version { max(head, versionFloor).next(at: now) }

    private func stamp(_ version: Version, _ author: Author, over previous: StoredRecord?) -> Stamp {
        previous?.stamp.followed(by: version, of: author.client, edited: author.edited)
            ?? Stamp(version: version, writer: author.client, edited: author.edited)
    }

    private mutating func write(_ record: StoredRecord, id: String, of entity: Entity, over previous: StoredRecord?) throws {
        let table = try table(of: entity)
        let key = try changeRow()
        do {
            try put(record, id: id, in: table, user: key, over: previous?.version)
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw try violation(by: record, id: id, in: table, user: key) ?? error
        }
        try changeRow { row in
            row.bounds.head = record.version
            if let previous { row.usage[table.entityKey].subtract(previous, id: id) }
            row.usage[table.entityKey].add(record, id: id)
        }
    }

    private func put(_ record: StoredRecord, id: String, in table: Table, user: Int64, over previous: Version?) throws {
        let statement = try PreparedStatement(previous == nil ? table.insertRecord : table.updateRecord, connection)
            .bind(user, at: 1).bind(record.version.value, at: 2)
            .bind(record.createdAt.milliseconds, at: 4).bind(record.isDeleted ? 1 : 0, at: 5)
            .bind(record.stamp.writer, at: 6).bind(record.stamp.versionByOthers.value, at: 7)
            .bind(record.stamp.edited.milliseconds, at: 8).bind(record.fieldStamps.json, at: 9).bind(record.document, at: 10)
        if let previous {
            try statement.bind(previous.value, at: 11).run()
        } else {
            try statement.bind(id, at: 3).run()
        }
    }

    private func violation(by record: StoredRecord, id: String, in table: Table, user: Int64) throws -> UniqueViolation? {
        for (rule, selectHolder) in zip(table.schema.handler.uniqueRules, table.selectHolders) {
            let holder = try PreparedStatement(selectHolder, connection)
                .bind(user, at: 1).bind(record.document, at: 2).bind(id, at: 3).first { $0.string(0) }
            if let holder { return UniqueViolation(rule: rule, holder: holder) }
        }
        return nil
    }
}

// MARK: - Graves

extension WriteTransaction {
    /// The tombstone that stood under this id before it was purged.
    package func grave(_ id: String, of entity: Entity) throws -> Grave? {
        guard let key = row?.key, bounds.floor > .zero else { return nil }
        return try PreparedStatement("SELECT version, writer FROM graves WHERE user = ?1 AND entity = ?2 AND id = ?3", connection)
            .bind(key, at: 1).bind(table(of: entity).entityKey, at: 2).bind(id, at: 3).first { row in
                Grave(version: Version(row.integer(0)), writer: row.string(1))
            }
    }

    /// Forgets a grave whose record is made anew by somebody who knows that it was deleted.
    package func openGrave(_ id: String, of entity: Entity) throws {
        guard let key = row?.key else { return }
        try PreparedStatement("DELETE FROM graves WHERE user = ?1 AND entity = ?2 AND id = ?3", connection)
            .bind(key, at: 1).bind(table(of: entity).entityKey, at: 2).bind(id, at: 3).run()
    }
}

// MARK: - Merged creates

extension WriteTransaction {
    /// The record into which the create of this one was merged; nil if it was not.
    package func holder(of id: String, _ entity: Entity) throws -> String? {
        guard let key = row?.key else { return nil }
        return try PreparedStatement("SELECT holder FROM merged_creates WHERE user = ?1 AND entity = ?2 AND id = ?3", connection)
            .bind(key, at: 1).bind(table(of: entity).entityKey, at: 2).bind(id, at: 3).first { $0.string(0) }
    }

    /// Remembers for ever that the create of a record was merged into another one, as graves are.
    package mutating func noteMerge(of id: String, into holder: String, _ entity: Entity) throws {
        try PreparedStatement("INSERT OR REPLACE INTO merged_creates (user, entity, id, holder) VALUES (?1, ?2, ?3, ?4)", connection)
            .bind(changeRow(), at: 1).bind(table(of: entity).entityKey, at: 2).bind(id, at: 3).bind(holder, at: 4).run()
    }
}

/// What is left of a tombstone for ever.
package struct Grave: Sendable, Equatable {
    package let version: Version
    /// The client whose delete it was; empty if that is not known.
    package let writer: String
}

/// Two live records may not have the same values in a rule's fields.
package struct UniqueViolation: Error, Equatable {
    package let rule: UniqueRule
    /// The id of the live record in the way.
    package let holder: String
}

extension StoredRecord {
    /// Reads a row of ``Table/selectRecord``.
    init(_ row: PreparedStatement) throws {
        let document = Array(row.bytes(7))
        let isDeleted = row.integer(2) != 0
        self.init(
            content: isDeleted ? Document() : try RecordDocument.content(of: document),
            createdAt: Timestamp(milliseconds: row.integer(1)), isDeleted: isDeleted,
            stamp: Stamp(
                version: Version(row.integer(0)), writer: row.string(3), versionByOthers: Version(row.integer(4)),
                edited: Timestamp(milliseconds: row.integer(5))),
            fieldStamps: try FieldStamps(json: Array(row.bytes(6))), document: document)
    }
}
