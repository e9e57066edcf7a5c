import JSON
import SyncKit

/// One user's records as of one moment, whatever is written meanwhile.
package struct Snapshot {
    let connection: Connection
    private let tables: [Int64: Table]
    private let row: UserRow?

    init(_ connection: Connection, tables: [Int64: Table], user: UserID) throws {
        self.connection = connection
        self.tables = tables
        row = try UserRow.find(user, connection)
    }

    /// The user's key; nil if they have nothing here.
    var key: Int64? { row?.key }

    package var bounds: FeedBounds { row?.bounds ?? FeedBounds() }

    package var head: Version { bounds.head }

    package var openConflicts: Int { row?.openConflicts ?? 0 }

    /// The user's live records by the entity's name; entities without any are left out.
    package var usage: [String: Usage] {
        var usage: [String: Usage] = [:]
        for (key, value) in row?.usage.entities ?? [:] {
            if let table = tables[key] { usage[table.schema.entity.name] = value }
        }
        return usage
    }

    /// The user's live records of all entities, and the bytes of their JSON.
    package var totalUsage: (records: Int, bytes: Int) { row.map { ($0.usage.records, $0.usage.bytes) } ?? (0, 0) }

    /// Calls `body` with the number and the conflict of the user's open or settled conflicts after a number, the oldest
    /// first, until it returns false.
    package func forEachConflict(open isOpen: Bool, after number: Int64, _ body: (Int64, StoredConflict) -> Bool) throws {
        guard let row else { return }
        let rows = try PreparedStatement(StoredConflict.selectAfter, connection).bind(row.key, at: 1).bind(number, at: 2).bind(
            isOpen ? 1 : 0, at: 3)
        defer { rows.reset() }
        while try rows.step() {
            guard body(rows.integer(11), StoredConflict(rows)) else { return }
        }
    }

    /// One row of the feed. It is valid inside the call that hands it out only.
    package struct Change {
        package let entity: String
        package let version: Version
        package let isDeleted: Bool
        private let table: Table
        private let row: PreparedStatement
        private let connection: Connection

        fileprivate init(_ table: Table, _ row: PreparedStatement, _ connection: Connection) {
            entity = table.schema.entity.name
            version = Version(row.integer(1))
            isDeleted = row.integer(4) != 0
            self.table = table
            self.row = row
            self.connection = connection
        }

        package var id: String { row.string(2) }

        /// Appends the client that wrote this version, as a JSON string.
        package func appendWriter(to output: inout [UInt8]) { JSONWriter.string(utf8: row.bytes(3), to: &output) }

        /// Appends the record's JSON as it is stored.
        package func appendDocument(to output: inout [UInt8]) throws {
            let statement = try PreparedStatement(table.selectDocument, connection).bind(row.integer(5), at: 1).bind(
                column: 2, of: row, at: 2)
            let isFound: Void? = try statement.first { output.append(contentsOf: $0.bytes(0)) }
            guard isFound != nil else { throw StoreError.unavailable("The feed names a record that its table does not have.") }
        }
    }

    /// Calls `body` with the user's changes later than `version`, in the order of their versions, until it returns false.
    /// Entities without a handler are passed over.
    package func forEachChange(after version: Version, _ body: (Change) throws -> Bool) throws {
        guard let row, version < head else { return }
        let rows = try PreparedStatement(
            "SELECT entity, version, id, writer, deleted, user FROM changes WHERE user = ?1 AND version > ?2 ORDER BY version", connection
        ).bind(row.key, at: 1).bind(version.value, at: 2)
        defer { rows.reset() }
        while try rows.step() {
            guard let table = tables[rows.integer(0)] else { continue }
            guard try body(Change(table, rows, connection)) else { return }
        }
    }
}
