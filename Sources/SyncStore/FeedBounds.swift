import JSON

/// What a position in a user's feed can be worth.
package struct FeedBounds: Sendable, Equatable {
    /// The version of the newest write.
    package internal(set) var head = Version.zero
    /// The version of the newest tombstone that was purged.
    package internal(set) var floor = Version.zero
    var lost = LostVersions()

    /// Whether a version was given out and is not any more what was given out: an older backup has been restored since.
    package func isLost(_ version: Version) -> Bool { lost.contains(version) }
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

    func contains(_ version: Version) -> Bool { ranges.contains { $0.after < version && version <= $0.through } }

    static func == (left: LostVersions, right: LostVersions) -> Bool { left.ranges.elementsEqual(right.ranges, by: ==) }
}
