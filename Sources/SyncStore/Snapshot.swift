import JSON
import SyncKit

/// One user's records as of one moment, whatever is written meanwhile.
package struct Snapshot {
    let connection: Connection
    private let tables: [Int64: Table]
    private let row: UserRow?

    init(_ connection: Connection, tables: [Int64: Table], sets: ServedSets, user: UserID) throws {
        self.connection = connection
        self.tables = tables
        row = try UserRow.find(user, sets, connection)
    }

    /// The user's key; nil if they have nothing here.
    var key: Int64? { row?.key }

    package var bounds: FeedBounds { row?.bounds ?? FeedBounds() }

    package var head: Version { bounds.head }

    package var openConflicts: Int { row?.openConflicts ?? 0 }

    /// The user's live records by the entity's name; entities without any are left out.
    package var usage: [String: Usage] {
        var usage: [String: Usage] = [:]
        for (key, value) in row?.usage.entities ?? [] {
            if let table = tables[key] { usage[table.schema.entity.name] = value }
        }
        return usage
    }

    /// See ``UserRow/needsNewStretch``.
    var needsNewStretch: Bool { row?.needsNewStretch ?? false }

    /// The user's live records of all entities, and the bytes of their JSON.
    package var totalUsage: (records: Int, bytes: Int) { row.map { ($0.usage.records, $0.usage.bytes) } ?? (0, 0) }

    /// The room that the user's stored conflicts take, in bytes.
    package var conflictBytes: Int { row?.conflictBytes ?? 0 }

    /// The record under this id, live or deleted; nil also for an entity that is not served.
    package func record(_ id: String, of entity: String) throws -> StoredRecord? {
        guard let row, let table = tables.values.first(where: { $0.schema.entity.name == entity }) else { return nil }
        return try PreparedStatement(table.selectRecord, connection).bind(row.key, at: 1).bind(id, at: 2).first(StoredRecord.init)
    }

    /// Calls `body` with the number and the conflict of the user's open or settled conflicts after a number, the oldest
    /// first, until it returns false; calls `whenStopped` then.
    package func forEachConflict(
        open isOpen: Bool, after number: Int64, _ body: (Int64, StoredConflict) throws -> Bool, whenStopped: () -> Void
    ) throws {
        guard let row else { return }
        let rows = try PreparedStatement(StoredConflict.selectAfter, connection).bind(row.key, at: 1).bind(number, at: 2).bind(
            isOpen ? 1 : 0, at: 3)
        defer { rows.reset() }
        while try rows.step() {
            guard try body(rows.integer(11), StoredConflict(rows)) else { return whenStopped() }
        }
    }

    /// One row of the feed. It is valid inside the call that hands it out only.
    package struct Change {
        package let entity: String
        package let version: Version
        package let isDeleted: Bool
        private let row: PreparedStatement

        fileprivate init(_ table: Table, _ row: PreparedStatement, _ version: Version) {
            entity = table.schema.entity.name
            self.version = version
            isDeleted = row.integer(1) != 0
            self.row = row
        }

        package var id: String { row.string(4) }

        /// Appends the client that wrote this version, as a JSON string.
        package func appendWriter(to output: inout [UInt8]) { JSONWriter.string(utf8: row.bytes(2), to: &output) }

        /// Appends the record's JSON as it is stored.
        package func appendDocument(to output: inout [UInt8]) { output.append(contentsOf: row.bytes(3)) }
    }

    /// One entity's changes, in the order of their versions.
    private struct Feed {
        let table: Table
        let rows: PreparedStatement
        /// Of the row on which it stands.
        var version: Version

        /// Nil if it has none.
        init?(_ table: Table, _ rows: PreparedStatement) throws {
            guard try rows.step() else { return nil }
            (self.table, self.rows, version) = (table, rows, Version(rows.integer(0)))
        }
    }

    /// Calls `body` with the user's changes later than where the feed begins, in the order of their versions, until it returns false.
    ///
    /// - Parameter entities: those whose changes are wanted; nil for all. Those without a handler are passed over.
    package func forEachChange(after start: FeedStart, of entities: Set<String>?, _ body: (Change) throws -> Bool) throws {
        var feeds = try feeds(after: start, of: entities)
        defer { for feed in feeds { feed.rows.reset() } }
        while let next = feeds.indices.min(by: { feeds[$0].version < feeds[$1].version }) {
            let feed = feeds[next]
            guard try body(Change(feed.table, feed.rows, feed.version)) else { return }
            if try feed.rows.step() {
                feeds[next].version = Version(feed.rows.integer(0))
            } else {
                feeds.remove(at: next)
            }
        }
    }

    private func feeds(after start: FeedStart, of entities: Set<String>?) throws -> [Feed] {
        guard let row, start.version < head else { return [] }
        return try row.usage.entities.compactMap { key, usage in
            let version = start.version(of: key)
            guard usage.head > version, let table = tables[key], entities.map({ $0.contains(table.schema.entity.name) }) ?? true else {
                return nil
            }
            return try Feed(
                table, PreparedStatement(table.selectFeed, connection).bind(row.key, at: 1).bind(version.value, at: 2))
        }
    }
}
