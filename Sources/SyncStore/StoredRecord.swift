package import SyncKit

/// A record as it stands in its table, live or as a tombstone.
package struct StoredRecord: Sendable {
    /// What the client's side of the record is: everything but the server's own members. Empty for a tombstone.
    package let content: Document
    package let createdAt: Timestamp
    package let isDeleted: Bool
    package let stamp: Stamp
    package let fieldStamps: FieldStamps
    /// The record's JSON as it goes on the wire.
    package let document: [UInt8]

    package init(
        content: Document, createdAt: Timestamp, isDeleted: Bool, stamp: Stamp, fieldStamps: FieldStamps = FieldStamps(), document: [UInt8]
    ) {
        self.content = content
        self.createdAt = createdAt
        self.isDeleted = isDeleted
        self.stamp = stamp
        self.fieldStamps = fieldStamps
        self.document = document
    }

    package var version: Version { stamp.version }
}

/// Who writes, and when the edit was made.
package struct Author: Sendable {
    package let client: String
    /// When the client made the edit, by its own clock but never later than ours.
    package let edited: Timestamp

    /// The writer of a conflict that is settled without a `deviceId`. A client's name has 1 to 255 bytes.
    package static let nameless = ""

    package init(client: String, edited: Timestamp) {
        self.client = client
        self.edited = edited
    }
}
