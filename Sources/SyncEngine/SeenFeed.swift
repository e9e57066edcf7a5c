import SyncKit
import SyncStore

/// What the client of a request had seen of the feed: the base of the operations that name none (PROTOCOL section 4).
struct SeenFeed {
    let start: StartingPoint
    /// As they were before the request.
    let bounds: FeedBounds
    /// The entities of which the client had seen anything; nil for all.
    let entities: Set<String>?

    /// Whether the client has everything that there is after the request, once it has its results.
    ///
    /// - Parameter after: the bounds after the request: of a user who was new to a restored database they say more than before.
    func knowsAll(but ownWrites: OwnWrites, after: FeedBounds) -> Bool {
        start.leavesOutOwnWrites && start.version >= bounds.head && !after.isLost(start.version) && ownWrites.areKnown(since: start.version)
    }

    /// The version that the client had seen of a record when it made an edit of it.
    ///
    /// - Parameter version: the record's, before the request; nil if there was none.
    func base(of operation: Operation, over version: Version?, in transaction: WriteTransaction) throws -> Version {
        // A create has not seen the record that it meets.
        if operation.kind == .create { return .zero }
        if let named = operation.baseVersion { return isKnown(named) ? named : .zero }
        guard entities.map({ $0.contains(operation.entity) }) ?? true else { return .zero }
        guard let version, version > start.version else { return start.version }
        // The record has moved on since. If the position is one in the middle of a feed, the client has perhaps not even
        // seen what the record was at that position: its page ended before the place to which the record had moved.
        return try start.complete ?? transaction.completeHead(at: start.version)
    }

    /// Whether a client can have seen this version here.
    private func isKnown(_ version: Version) -> Bool { version <= bounds.head && !bounds.isLost(version) }
}
