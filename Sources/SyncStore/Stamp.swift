package import SyncKit

/// Who wrote a record, or one of its fields, when.
package struct Stamp: Sendable, Equatable {
    package let version: Version
    /// The client of that version.
    package let writer: String
    /// The newest version by anyone but that client; zero if nobody else ever wrote it.
    package let versionByOthers: Version
    /// When the client made the edit, by its own clock but never later than ours.
    package let edited: Timestamp

    package init(version: Version, writer: String, versionByOthers: Version = .zero, edited: Timestamp = Timestamp(milliseconds: 0)) {
        self.version = version
        self.writer = writer
        self.versionByOthers = versionByOthers
        self.edited = edited
    }

    /// The newest version that a client other than `client` wrote: what its edits may be concurrent to.
    package func newestVersion(notBy client: String) -> Version {
        writer.isIdentical(to: client) ? versionByOthers : version
    }

    /// The version that `client` itself wrote, if it was the last to write; zero otherwise.
    package func newestVersion(by client: String) -> Version {
        writer.isIdentical(to: client) ? version : .zero
    }

    /// The stamp after another write.
    package func followed(by version: Version, of writer: String, edited: Timestamp) -> Stamp {
        Stamp(version: version, writer: writer, versionByOthers: newestVersion(notBy: writer), edited: edited)
    }
}
