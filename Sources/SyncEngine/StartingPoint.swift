import SyncStore

/// Where a page begins: the request's position, once it has been looked at.
struct StartingPoint: Equatable {
    /// The client has every record whose version is at most this.
    var version = Version.zero
    /// The head when the client last had everything; nil if the store has to be asked.
    var complete: Version? = .zero
    /// The client never had anything, so that it needs no tombstones of before its snapshot.
    var isFirstSync = false
    /// The head when the snapshot began; nil if it begins with this page.
    var snapshotHead: Version?
    /// Why the cursor was not accepted: the client gets everything anew.
    var reset: Cursor.Refusal?

    /// A client that has nothing yet knows its own writes neither; any other has their versions from the results.
    var leavesOutOwnWrites: Bool { version > .zero }

    init(_ position: SyncRequest.Position, in bounds: FeedBounds, seal: CursorSeal) {
        switch position {
        case .start: isFirstSync = true
        // What its client has of the time after the backup is gone: it gets all that is there, tombstones included.
        case .version(let version) where bounds.isLost(version): break
        case .version(let version): (self.version, complete) = (version, nil)
        case .anew(let reason): reset = reason
        case .cursor(let text):
            do throws(Cursor.Refusal) {
                let cursor = try seal.open(text)
                guard cursor.position <= bounds.head, cursor.snapshotHead <= bounds.head else { throw Cursor.Refusal.ahead }
                // Whoever began to read before a tombstone was purged may have missed it.
                guard cursor.snapshotHead >= bounds.floor else { throw Cursor.Refusal.expired }
                (version, snapshotHead, isFirstSync) = (cursor.position, cursor.snapshotHead, cursor.isFirstSync)
                complete = cursor.complete
            } catch {
                reset = error
            }
        }
    }
}
