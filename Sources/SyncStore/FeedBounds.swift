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

    init(json: [UInt8]) throws {
        // Most databases never see a restore.
        guard json.count > 2 else { return }
        ranges = try (elements(of: json[...]) ?? []).map { range in
            let numbers = (elements(of: range) ?? []).compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 2 else { throw StoreError.unavailable("A user's stored list of lost versions is damaged.") }
            return (Version(numbers[0]), Version(numbers[1]))
        }
    }

    var json: [UInt8] {
        Array("[\(ranges.map { "[\($0.after.value),\($0.through.value)]" }.joined(separator: ","))]".utf8)
    }

    func contains(_ version: Version) -> Bool { ranges.contains { $0.after < version && version <= $0.through } }

    static func == (left: LostVersions, right: LostVersions) -> Bool { left.ranges.elementsEqual(right.ranges, by: ==) }
}
