package import SyncKit

/// A record's version and a place in a user's changes: milliseconds of the user's head (PROTOCOL section 2).
///
/// Strictly increasing in commit order, unique for a user. Zero is before everything.
package struct Version: Sendable, Hashable, Comparable {
    package let value: Int64

    package static let zero = Version(0)

    package init(_ value: Int64) { self.value = value }

    package static func < (left: Version, right: Version) -> Bool { left.value < right.value }

    package var timestamp: Timestamp { Timestamp(milliseconds: value) }

    /// The version of the next write: later than this one, and not before the clock.
    package func next(at now: Timestamp) -> Version {
        Version(max(value + 1, now.milliseconds))
    }
}
