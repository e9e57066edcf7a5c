import GRDB
package import SyncKit

// A tombstone is empty. The last content of a deleted record is kept apart for the retention, within bounds: a person who
// decides a conflict for an edit of a record that was deleted meanwhile gets back the whole record.
extension WriteTransaction {
    /// The room that the contents of a user's deleted records may take, in bytes; the oldest go first.
    static let maxDeletedBytes = 4 << 20

    /// - Parameter version: that of the tombstone.
    mutating func keepDeleted(_ document: [UInt8], under version: Version) throws {
        let key = try changeRow { $0.deletedBytes += document.count }
        try PreparedStatement("INSERT OR REPLACE INTO deleted_contents (user, version, document) VALUES (?1, ?2, ?3)", connection)
            .bind(key, at: 1).bind(version.value, at: 2).bind(document, at: 3).run()
        while let row, row.deletedBytes > Self.maxDeletedBytes {
            let oldest = try PreparedStatement(
                "SELECT version, length(CAST(document AS BLOB)) FROM deleted_contents WHERE user = ?1 ORDER BY version LIMIT 1", connection
            ).bind(key, at: 1).first { ($0.integer(0), Int($0.integer(1))) }
            guard let (version, bytes) = oldest else { return }
            try PreparedStatement("DELETE FROM deleted_contents WHERE user = ?1 AND version = ?2", connection)
                .bind(key, at: 1).bind(version, at: 2).run()
            try changeRow { $0.deletedBytes -= bytes }
        }
    }

    /// The content that a record had before it was deleted; nil if it is not kept any more.
    ///
    /// - Parameter version: that of the tombstone.
    package func contentBeforeDeletion(under version: Version) throws -> Document? {
        guard let row else { return nil }
        return try PreparedStatement("SELECT document FROM deleted_contents WHERE user = ?1 AND version = ?2", connection)
            .bind(row.key, at: 1).bind(version.value, at: 2).first { try RecordDocument.content(of: Array($0.bytes(0))) }
    }
}
