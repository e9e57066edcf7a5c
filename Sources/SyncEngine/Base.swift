import SyncKit
import SyncStore

/// What a client had seen of a record when it made an edit (PROTOCOL section 4).
struct Base: Equatable {
    /// What others wrote later is concurrent to the edit.
    let version: Version
    /// What others wrote before may be unknown to the client, too: it is named where the edit replaces it.
    var isUnsure = false

    /// Nothing.
    static let none = Base(version: .zero)
}

/// What the client of a request had seen of the feed: the base of the operations that name none.
struct SeenFeed {
    let start: StartingPoint
    /// As they were before the request.
    let bounds: FeedBounds
    /// The entities of which the client had seen anything; nil for all.
    let entities: Set<String>?

    /// - Parameter version: the record's, before the request; nil if there was none.
    func base(of operation: Operation, over version: Version?) -> Base {
        // A create has not seen the record that it meets.
        if operation.kind == .create { return .none }
        if let named = operation.baseVersion { return bounds.isKnown(named) ? Base(version: named) : .none }
        guard entities.map({ $0.contains(operation.entity) }) ?? true else { return .none }
        guard let version, version > start.version else { return Base(version: start.version) }
        // The record has moved on since. If the position is one in the middle of a feed, the client has perhaps not even
        // seen what the record was at that position: its page ended before the place to which the record had moved.
        return start.complete.map { Base(version: $0) } ?? Base(version: start.version, isUnsure: true)
    }
}

extension FeedBounds {
    /// Whether a client can have seen this version here.
    fileprivate func isKnown(_ version: Version) -> Bool { version <= head && !isLost(version) }
}
