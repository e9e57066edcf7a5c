import SyncKit
import SyncStore

/// What the client of a request had seen of the feed.
struct ClientView {
    let start: StartingPoint
    /// As they were before the request.
    let bounds: FeedBounds
    /// The entities of which the client had seen anything; nil for all.
    let entities: Set<String>?
    /// Whether the request's position was given out here, once that was asked.
    private var isPositionIssued: Bool?

    init(start: StartingPoint, bounds: FeedBounds, entities: Set<String>?) {
        self.start = start
        self.bounds = bounds
        self.entities = entities
    }

    /// Whether the client has everything that there is after the request, once it has its results.
    ///
    /// - Parameter after: the bounds after the request: of a user who was new to a restored database they say more than before.
    func knowsAll(but ownWrites: OwnWrites, after: FeedBounds) -> Bool {
        start.leavesOutOwnWrites && start.version >= bounds.head && !after.isLost(start.version) && ownWrites.areKnown(since: start.version)
    }

    /// How far the client had seen a record's writes when it made an edit of it.
    ///
    /// - Parameters:
    ///   - record: the record before the request; nil if there was none.
    ///   - isNamed: whether the record is the one that the operation names; else the client has seen no version of it.
    mutating func horizon(
        of operation: Operation, over record: Stamp?, isNamed: Bool, in transaction: WriteTransaction
    ) throws -> Horizon {
        // A create has not seen the record that it meets.
        let isCreate = operation.kind == .create || !isNamed
        let named = isCreate ? nil : operation.baseVersion
        let base: Version =
            if isCreate { .zero } else if let named { isKnown(named) ? named : .zero } else {
                positionBase(operation, record, transaction)
            }
        let (own, ownClaimed) = ownHorizon(of: operation, over: record, named: named.map { isKnown($0) ? $0 : .zero }, transaction)
        // A create over a record under its own name is an edit of it, or the work of another installation that has the same id.
        var horizon = Horizon(others: base, own: isCreate ? .zero : own, ownClaimed: ownClaimed)
        if start.ownStart < start.own, !isCreate { horizon.known.append(Horizon.Span(start: start.ownStart, end: start.own)) }
        // Whether the base was given out is asked only if it makes a difference, for that takes time.
        guard let record, base > .zero, case let newest = record.newestVersion(notBy: operation.client), newest > .zero else {
            return horizon
        }
        if let named {
            let isOfRecord = named == record.version || named == record.versionByOthers
            horizon.isIssued = try isOfRecord || named == bounds.head || transaction.hasIssued(named)
        } else {
            horizon.isIssued = try isPositionIssued(in: transaction)
        }
        return horizon
    }

    /// The base of an operation that names none: the request's position.
    private func positionBase(_ operation: Operation, _ record: Stamp?, _ transaction: WriteTransaction) -> Version {
        guard entities.map({ $0.contains(operation.entity) }) ?? true else { return .zero }
        return seenByPosition(record, operation.entity, transaction)
    }

    /// What a client at a position has seen of a record's writes. If the record has moved on since, and the position is one in the
    /// middle of a feed, the client has perhaps not even seen the state that the record had at that position: its page ended before
    /// the place to which the record had moved.
    private func seenByPosition(_ record: Stamp?, _ entity: String, _ transaction: WriteTransaction) -> Version {
        let place = start.place(of: entity, in: transaction)
        guard let record, record.version > place.version else { return place.version }
        return min(place.version, place.complete)
    }

    /// Up to where writes under the client's name are its own, and up to where they may be.
    ///
    /// A device takes its own writes from the answers, so that its next request has seen them. One that has not may come from
    /// another installation with the same name: a restored phone, a copied browser profile. The name of a client of the fixed
    /// part is believed, since it may drop an answer and send something else; if it has not seen its own write, the replaced
    /// value is listed.
    private func ownHorizon(
        of operation: Operation, over record: Stamp?, named: Version?, _ transaction: WriteTransaction
    ) -> (own: Version, claimed: Version) {
        let position = seenByPosition(record, operation.entity, transaction)
        guard operation.hasDevice else {
            // A client that never says where it stands has its name alone.
            return start.isFirstSync && start.position == .zero ? (.newest, .newest) : (max(position, named ?? .zero), .newest)
        }
        // Without the cursor that it had a device does not know its last writes.
        if let named { return (named, start.knowsOwn || start.isFirstSync ? max(named, start.own) : .newest) }
        // Of an entity that was away the client's position says nothing, nor of its own writes.
        let isLacking = start.place(of: operation.entity, in: transaction).isLacking
        return (position, start.knowsOwn && !isLacking ? max(start.position, start.own) : .newest)
    }

    private mutating func isPositionIssued(in transaction: WriteTransaction) throws -> Bool {
        if let known = isPositionIssued { return known }
        let isIssued = try start.claim.map { try $0 == bounds.head || transaction.hasIssued($0) } ?? true
        isPositionIssued = isIssued
        return isIssued
    }

    /// Whether a client can have seen this version here.
    private func isKnown(_ version: Version) -> Bool { version <= bounds.head && !bounds.isLost(version) }
}

extension Version {
    /// Later than all that will ever be given out.
    static let newest = Version(.max)
}
