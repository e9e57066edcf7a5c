package import SyncKit

/// A record as it stands in its table, live or as a tombstone.
package struct StoredRecord: Sendable {
    /// What the client's side of the record is: everything but the server's own members. Empty for a tombstone.
    package let content: Document
    package let createdAt: Timestamp
    package let isDeleted: Bool
    package let stamp: Stamp
    /// The record's JSON as it goes on the wire.
    package let document: [UInt8]

    package init(content: Document, createdAt: Timestamp, isDeleted: Bool, stamp: Stamp, document: [UInt8]) {
        self.content = content
        self.createdAt = createdAt
        self.isDeleted = isDeleted
        self.stamp = stamp
        self.document = document
    }

    /// Who wrote a record when.
    package struct Stamp: Sendable, Equatable {
        package let version: Version
        /// The client of that version.
        package let writer: String
        /// The newest version by anyone but that client; zero if nobody else ever wrote the record.
        package let versionByOthers: Version

        package init(version: Version, writer: String, versionByOthers: Version = .zero) {
            self.version = version
            self.writer = writer
            self.versionByOthers = versionByOthers
        }

        /// The newest version that a client other than `client` wrote: what its edits may be concurrent to.
        package func newestVersion(notBy client: String) -> Version {
            writer == client ? versionByOthers : version
        }

        /// The stamp after another write.
        package func followed(by version: Version, of writer: String) -> Stamp {
            Stamp(version: version, writer: writer, versionByOthers: newestVersion(notBy: writer))
        }
    }
}
