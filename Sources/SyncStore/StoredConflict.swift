import SyncKit

/// A conflict as it is kept until somebody settles it or the retention ends (PROTOCOL section 4).
package struct StoredConflict: Sendable {
    /// Derived from the operation's identity: a retry has the same.
    package let id: String
    package var isOpen: Bool
    package let entity: String
    /// The record's id.
    package let record: String
    /// The version of the record that the operation met; nil if there was none.
    package let serverVersion: Version?
    /// `create`, `update` or `delete`.
    package let kind: String
    /// The client whose operation it was.
    package let client: String
    /// What the operation wanted to be in the record: the members of an object.
    package let content: [UInt8]
    /// The conflict as it goes on the wire, without the record: an object. Its member `fields` is a list of names.
    package let body: [UInt8]
    /// The answer to the request that settled it; empty if none did.
    package let settlement: [UInt8]
    /// See ``KeptOutcome/fingerprint``.
    package let fingerprint: [UInt8]

    package init(
        id: String, isOpen: Bool, entity: String, record: String, serverVersion: Version?, kind: String, client: String,
        content: [UInt8], body: [UInt8], settlement: [UInt8] = [], fingerprint: [UInt8]
    ) {
        self.id = id
        self.isOpen = isOpen
        self.entity = entity
        self.record = record
        self.serverVersion = serverVersion
        self.kind = kind
        self.client = client
        self.content = content
        self.body = body
        self.settlement = settlement
        self.fingerprint = fingerprint
    }

    /// The room that it takes, in bytes, beside some for its numbers and names.
    var size: Int { content.count + body.count + settlement.count }

    static let select = SQLText("SELECT \(columns) FROM conflicts WHERE user = ?1 AND id = ?2")
    static let selectPlace = SQLText("SELECT number, open, size FROM conflicts WHERE user = ?1 AND id = ?2")
    static let selectOldest = SQLText("SELECT number, open, size FROM conflicts WHERE user = ?1 ORDER BY number LIMIT 1")
    static let selectOldestSettled = SQLText(
        "SELECT number, open, size FROM conflicts WHERE user = ?1 AND open = 0 ORDER BY number LIMIT 1")
    static let selectAfter = SQLText("SELECT \(columns) FROM conflicts WHERE user = ?1 AND number > ?2 AND open = ?3 ORDER BY number")

    private static let columns = "id, open, entity, record, server_version, kind, client, content, body, settlement, fingerprint, number"

    /// Reads a row of ``columns``.
    init(_ row: PreparedStatement) {
        self.init(
            id: row.string(0), isOpen: row.integer(1) != 0, entity: row.string(2), record: row.string(3),
            serverVersion: row.isNull(4) ? nil : Version(row.integer(4)), kind: row.string(5), client: row.string(6),
            content: Array(row.bytes(7)), body: Array(row.bytes(8)), settlement: Array(row.bytes(9)), fingerprint: row.blob(10))
    }
}
