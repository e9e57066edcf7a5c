import JSON

/// What a position in a user's feed can be worth.
package struct FeedBounds: Sendable, Equatable {
    /// The version of the newest write.
    package internal(set) var head = Version.zero
    /// The version of the newest tombstone that was purged.
    package internal(set) var floor = Version.zero
    var lost = LostVersions()
    /// Under which sets of entities the user's positions were given out.
    var served = ServedHistory()
    /// All sets; nil for a user who has nothing here.
    var sets: ServedSets?

    /// Whether a version was given out and is not any more what was given out: an older backup has been restored since.
    package func isLost(_ version: Version) -> Bool { lost.contains(version) }

    /// The newest version, up to this one, that no restore of a backup has taken back.
    package func newestKept(upTo version: Version) -> Version { lost.newestKept(upTo: version) }

    /// The number of the set of entities that is served now.
    package var servedSet: Int64 { sets?.current ?? served.current }

    /// The number of the set of entities that was served when this position was given out.
    package func servedSet(at version: Version) -> Int64 { served.set(at: version) }

    /// The first position that was given out with the entities that are served now.
    package var beginOfServedSet: Version { served.stretches.last?.from ?? .zero }

    /// Whether tombstones were purged since the entities are served that are served now: one of an entity that was away before
    /// may be among them.
    package var hasPurgedSinceServed: Bool { served.stretches.last.map { floor > $0.floor } ?? false }

    /// Where the feed begins for a client that has every record of a set of entities up to a position: at zero for the entities
    /// that are served now and were not in that set.
    package func feedStart(at position: Version, ofSet set: Int64) -> FeedStart {
        guard let sets, set != sets.current else { return FeedStart(position) }
        return FeedStart(.zero, held: sets.entities(of: set), through: position)
    }

    /// The same for a client that has read some of the records that it lacked: see ``feedStart(at:ofSet:)``.
    package func feedStart(at position: Version, ofSet set: Int64, through heldThrough: Version) -> FeedStart {
        FeedStart(position, held: sets?.entities(of: set) ?? [], through: heldThrough)
    }

    package static func == (left: FeedBounds, right: FeedBounds) -> Bool {
        left.head == right.head && left.floor == right.floor && left.lost == right.lost && left.served == right.served
    }
}

/// The versions given out between a backup and its restore: whoever has seen one has seen records that are gone, and says
/// nothing of those that are there. In the user's row they are `[[after,through],…]`, one pair for each restore.
struct LostVersions: Equatable {
    private var ranges: [(after: Version, through: Version)] = []

    init() {}

    /// All up to this one.
    init(through version: Version) {
        if version > .zero { ranges = [(.zero, version)] }
    }

    init(json: UnsafeRawBufferPointer) throws {
        let isTable = try JSONIntegerRows.forEach(of: json) { row in
            guard row.count == 2 else { throw Self.damage }
            ranges.append((Version(row[0]), Version(row[1])))
        }
        guard isTable else { throw Self.damage }
    }

    private static let damage = StoreError.unavailable("A user's stored list of lost versions is damaged.")

    var json: [UInt8] {
        Array("[\(ranges.map { "[\($0.after.value),\($0.through.value)]" }.joined(separator: ","))]".utf8)
    }

    func newestKept(upTo version: Version) -> Version {
        ranges.reversed().reduce(version) { $1.after < $0 && $0 <= $1.through ? $1.after : $0 }
    }

    func contains(_ version: Version) -> Bool { ranges.contains { $0.after < version && version <= $0.through } }

    static func == (left: LostVersions, right: LostVersions) -> Bool { left.ranges.elementsEqual(right.ranges, by: ==) }
}
