// Each operation claims a base: a version, or the position of its request. The claim decides which writes are concurrent to the
// edit, so it is not believed further than it can be: see ``ClientView`` for the way in which a horizon is found.

import SyncStore

/// How far the client of an operation had seen the writes to a record when it made the edit (PROTOCOL section 4).
struct Horizon: Equatable {
    /// It had seen the writes of other clients up to here, as far as its claim is true.
    var others: Version
    /// Whether that is a version that this database has given out. A client's own clock is none.
    var isIssued = true
    /// Whether it came from an earlier position that was later than all that had been given out; a copy does not make it better.
    var isClaim = false
    /// The writes under its own name up to here are its own.
    var own: Version
    /// The writes under its own name up to here are its own, or of another installation with the same name whose writes it may
    /// not have seen.
    var ownClaimed: Version
    /// Of an operation that comes again: what its first request wrote before it.
    var firstRequest: Span?
    /// Writes that are the client's own for certain, whatever names they have: of its last request, whose page was cut, and of
    /// operations that it sends again before this one.
    var known: [Span] = []

    /// The versions later than `start`, up to `end`.
    struct Span: Equatable {
        let start: Version
        let end: Version

        func contains(_ version: Version) -> Bool { version > start && version <= end }
    }

    /// The horizon of an operation that was refused before. A later request cannot raise it: the edit has not changed.
    ///
    /// - Parameter isIssued: whether the refusal's base is a version that this database has given out.
    func limited(by refusal: Refusal, isIssued: Bool) -> Horizon {
        var limited = self
        if refusal.base < others { (limited.others, limited.isIssued) = (refusal.base, isIssued) }
        limited.isClaim = refusal.isClaim
        (limited.own, limited.ownClaimed) = (min(own, refusal.own), min(ownClaimed, refusal.own))
        limited.firstRequest = Span(start: refusal.start, end: refusal.end)
        limited.known = known.filter { $0.end <= refusal.start }
        return limited
    }

    /// Counts the client's own writes up to a version as known.
    ///
    /// - Parameter isProven: false if that write itself was made on a record that the client had perhaps not seen.
    mutating func raiseOwn(to version: Version, isProven: Bool) {
        if isProven { own = max(own, version) }
        ownClaimed = max(ownClaimed, version)
    }

    /// How much of a write its client had seen when it made the edit.
    enum Awareness: Int, Comparable {
        /// Certainly.
        case seen
        /// By its own account. A value that it replaces is listed, so that it is not lost if that is wrong.
        case claimed
        /// No: the write is concurrent.
        case unseen

        static func < (left: Awareness, right: Awareness) -> Bool { left.rawValue < right.rawValue }
    }

    /// How much `client` had seen of the writes behind a stamp.
    func awareness(of stamp: Stamp, client: String) -> Awareness {
        var (newest, byItself) = (stamp.newestVersion(notBy: client), stamp.newestVersion(by: client))
        if isKnown(stamp.version) {
            // Before several of them there may have been another write; the stamp does not tell, and those of the single fields do.
            newest = isKnown(stamp.versionByOthers) ? .zero : stamp.versionByOthers
            byItself = .zero
        }
        if newest > others || byItself > ownClaimed { return .unseen }
        return byItself > own || (newest > .zero && !isIssued) ? .claimed : .seen
    }

    /// Whether the write of this version is the client's own for certain.
    func isKnown(_ version: Version) -> Bool { firstRequest?.contains(version) ?? false || known.contains { $0.contains(version) } }
}
