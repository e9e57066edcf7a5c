import SyncStore

/// A client's place in its feed, as it goes over the wire in ``CursorSeal`` (PROTOCOL section 2).
package struct Cursor: Equatable {
    /// The client has every record whose version is at most this.
    var position: Version
    /// The user's head when the snapshot began that the client is reading.
    var snapshotHead: Version
    /// The head when the client last had everything: of a record that has moved beyond `position` it has seen what it was
    /// then, and not for sure anything later.
    var complete: Version
    /// The snapshot is the client's first: it needs no tombstones of before that head.
    var isFirstSync: Bool

    /// Why a cursor is not accepted, so that the client gets everything anew.
    package enum Refusal: String, Error {
        case malformed, epoch, filter, ahead
        /// Tombstones were purged that its client may not have seen.
        case expired
        /// No cursor at all: a device whose records are not the server's.
        case mismatch
    }
}
