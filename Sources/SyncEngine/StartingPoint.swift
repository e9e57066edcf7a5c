import SyncKit
import SyncStore

/// Where a page begins: the request's position, once it has been looked at.
struct StartingPoint: Equatable {
    /// The request's position; zero if it has none, or it was not accepted.
    private(set) var position = Version.zero
    /// The client has every record up to here.
    private(set) var feed = FeedStart(.zero)
    /// The number of the set of entities that the client has up to `position`, or up to `ahead` if that is not zero.
    private(set) var servedSet: Int64 = 0
    private(set) var ahead = Version.zero
    /// With `ahead`, the set that was served when the client got its position; else zero.
    private(set) var cutUnder: Int64 = 0
    /// The head when the client last had everything.
    private(set) var complete = Version.zero
    /// The newest of the client's own writes that it knows from results.
    private(set) var own = Version.zero
    /// The writes later than this, up to `own`, are the client's own for certain; equal to `own` if there are none.
    private(set) var ownStart = Version.zero
    /// Whether all of the client's own writes that it has heard of lie below `own`: it had a position when it began to read.
    private(set) var knowsOwn = false
    /// The client never had anything, so that it needs no tombstones from before its snapshot.
    private(set) var isFirstSync = false
    /// The head when the snapshot began; nil if it begins with this page.
    private(set) var snapshotHead: Version?
    /// Why the cursor was not accepted: the client gets everything anew.
    private(set) var reset: Cursor.Refusal?
    /// The position, if it may never have been given out: a client of the fixed part may send its own clock.
    private(set) var claim: Version?
    /// Tombstones were purged that the client may have missed: a timestamp goes on all the same, and the cursor of the answer
    /// does not (PROTOCOL section 2).
    private(set) var isBelowFloor = false

    /// The client has every record of every entity up to here.
    var version: Version { feed.version }

    /// A client that has nothing yet knows its own writes neither; any other has their versions from the results.
    var leavesOutOwnWrites: Bool { version > .zero }

    init() {}

    /// - Parameter cutPage: finds the page that was cut at a position.
    init(
        _ position: SyncRequest.Position, in bounds: FeedBounds, seal: CursorSeal, cutPage: (Version) throws -> CutPage?
    ) throws {
        switch position {
        case .start: isFirstSync = true
        case .anew(let reason): reset = reason
        // This position is newer than the restored backup. The client gets everything, tombstones included.
        case .version(let version) where bounds.isLost(version):
            own = bounds.newestKept(upTo: version)
            ownStart = own
        case .version(let version): try take(version, bounds, version < bounds.head ? cutPage(version) : nil)
        case .cursor(let text): take(text, bounds, seal)
        }
    }

    private mutating func take(_ timestamp: Version, _ bounds: FeedBounds, _ page: CutPage?) throws {
        let version = page?.place ?? timestamp
        // At the end of a page several clients may stand, and what is kept is of the one that has seen less.
        (knowsOwn, position, claim, isBelowFloor) = (page == nil, version, version, version < bounds.floor)
        complete = page?.complete ?? version
        (own, ownStart) = (version, version)
        if page != nil { claim = nil }
        (servedSet, ahead, cutUnder) = (page?.servedSet ?? bounds.servedSet(at: version), page?.ahead ?? .zero, page?.cutUnder ?? 0)
        takeFeed(bounds)
        if !feed.held.isEmpty && bounds.hasPurgedSinceServed { isBelowFloor = true }
    }

    private mutating func take(_ text: String, _ bounds: FeedBounds, _ seal: CursorSeal) {
        guard let (cursor, refusal) = seal.open(text) else { return reset = .malformed }
        // The client's own writes were told to it by answers, whatever its position is worth.
        (knowsOwn, own) = (!cursor.isOwnUnknown, bounds.newestKept(upTo: cursor.own))
        ownStart = cursor.ownStart == .zero ? own : min(cursor.ownStart, own)
        if let refusal { return reset = refusal }
        guard cursor.position <= bounds.head, cursor.snapshotHead <= bounds.head else { return reset = .ahead }
        // A client that began to read before a tombstone was purged may have missed it.
        guard cursor.snapshotHead >= bounds.floor else { return reset = .expired }
        (position, snapshotHead, isFirstSync, complete) = (cursor.position, cursor.snapshotHead, cursor.isFirstSync, cursor.complete)
        (servedSet, ahead, cutUnder) = (cursor.servedSet, cursor.ahead, cursor.cutUnder)
        takeFeed(bounds)
        // Nor can it hear of tombstones, purged since, of entities that it lacks.
        guard feed.held.isEmpty || !bounds.hasPurgedSinceServed else { return expire() }
    }

    private mutating func expire() {
        let own = (own, ownStart, knowsOwn)
        self = StartingPoint()
        (self.own, ownStart, knowsOwn) = own
        reset = .expired
    }

    private mutating func takeFeed(_ bounds: FeedBounds) {
        guard ahead > position else {
            feed = bounds.feedStart(at: position, ofSet: servedSet)
            if feed.version < position { ahead = position }
            return
        }
        // It is reading records of entities that were away before. If others have come since, it begins again with those.
        feed = bounds.feedStart(at: cutUnder == bounds.servedSet ? position : .zero, ofSet: servedSet, through: ahead)
    }

    /// Whether it lacks records of entities that were away when it got its position.
    var isLacking: Bool { feed != FeedStart(position) }

    /// Where the client stands in the feed of one entity: it has every record up to `version`, and had all of them when the head
    /// was `complete`. It lacks an entity that was away when it got its position.
    func place(of entity: String, in transaction: WriteTransaction) -> (version: Version, complete: Version, isLacking: Bool) {
        if feed.held.isEmpty { return (version, complete, false) }
        return transaction.isHeld(entity, in: feed) ? (max(version, feed.heldThrough), complete, false) : (version, .zero, true)
    }
}
