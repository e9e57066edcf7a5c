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
    /// The newest of the client's own writes that it knows from results; the snapshot's head unless its last page was cut.
    var own: Version
    /// With a page that was cut, the head before the request: what came later, up to `own`, are this client's writes alone.
    var ownStart = Version.zero
    /// Whether the client may have made writes that `own` does not count: it began to read without a position.
    var isOwnUnknown = false
    /// The number of the set of entities whose records the client has up to `position`, or up to `ahead` if that is not zero.
    var servedSet: Int64 = 1
    /// Zero, unless the client is reading the records of an entity that was not served when it read the others.
    var ahead = Version.zero
    /// With `ahead`, the set that was served when the cursor was made; else zero.
    var cutUnder: Int64 = 0

    /// Why a cursor is not accepted, so that the client gets everything anew.
    package enum Refusal: String, Error {
        case malformed, epoch, filter, ahead
        /// Tombstones were purged that its client may not have seen.
        case expired
        /// No cursor at all: a device whose records are not the server's.
        case mismatch
    }
}
