import SyncKit
import SyncStore

/// What the operations of one request have written so far.
struct OwnWrites: Sendable {
    struct Key: Hashable {
        let entity: String
        let id: String

        // By bytes, as the database compares: Swift's == would take two spellings of an accent for one.
        static func == (left: Key, right: Key) -> Bool { left.id.isIdentical(to: right.id) && left.entity.isIdentical(to: right.entity) }
    }

    private struct Write {
        /// Who wrote before the request what is in the record, or was replaced by the request; nil if there was nothing.
        let before: Writes?
        /// The record's version before the request; zero if there was none.
        let versionBefore: Version
        var version: Version
        var isStoredAsSent: Bool
        /// Up to where the client of the last write knew the writes under its name; nil if it had certainly seen the record.
        var own: Version?
    }

    private var writes: [Key: Write] = [:]
    /// The user's head before the request.
    let head: Version
    /// It left tombstones for records that were merged into others: nobody has asked for them, and the client gets them.
    private var hasMerged = false
    /// By record. What the request changes beside a replay is not what the client expects: the record is sent.
    private var replayed: [Key: Replay] = [:]

    /// What replayed operations of the request wrote to a record when they came first.
    struct Replay {
        fileprivate(set) var versions: [Version] = []
        /// Whether their clients had certainly seen the record that they changed.
        fileprivate(set) var isProven = true

        /// Zero if all were noops.
        var newest: Version { versions.max() ?? .zero }
    }
    /// Records whose writes the client learns from the page alone, since it keeps versions in them.
    private var sent: Set<Key> = []

    init(head: Version = .zero) { self.head = head }

    func contains(_ key: Key) -> Bool { writes[key] != nil }

    /// Up to where the client of the request's last write to a record knew the writes under its name; nil if there is none, or it
    /// had certainly seen the record.
    func own(_ key: Key) -> Version? { writes[key]?.own }

    func before(_ key: Key, _ record: StoredRecord?) -> Writes? {
        if let write = writes[key] { return write.before }
        return record.map(Writes.init(of:))
    }

    /// - Parameter before: who had written the record before the request, as ``before(_:_:)`` says.
    mutating func add(
        _ key: Key, over previous: StoredRecord?, before: Writes?, version: Version, isStoredAsSent: Bool, own: Version? = nil
    ) {
        let earlier = writes[key]
        writes[key] = Write(
            before: before, versionBefore: earlier?.versionBefore ?? previous?.version ?? .zero, version: version,
            isStoredAsSent: isStoredAsSent && earlier?.isStoredAsSent ?? true, own: own ?? earlier?.own)
    }

    /// - Parameter isProven: whether its client had certainly seen the record that it changed.
    mutating func addReplay(_ key: Key, version: Version?, isProven: Bool) {
        var replay = replayed[key] ?? Replay()
        if let version { replay.versions.append(version) }
        replay.isProven = replay.isProven && isProven
        replayed[key] = replay
    }

    mutating func addSent(_ key: Key) { sent.insert(key) }

    /// Nil for a record of which no operation came again.
    func replay(_ key: Key) -> Replay? { replayed.isEmpty ? nil : replayed[key] }

    /// The versions of the records as the request has left them.
    var versions: Set<Version> { Set(writes.values.lazy.map(\.version)) }

    /// The newest version that the request wrote; zero for none.
    var newestVersion: Version { writes.values.reduce(.zero) { max($0, $1.version) } }

    /// The newest version that the request wrote when it came first; zero for none.
    var newestReplay: Version { replayed.values.reduce(.zero) { max($0, $1.newest) } }

    mutating func addMerged() { hasMerged = true }

    /// Whether a client that has everything up to `position` knows all that the request made of the records.
    func areKnown(since position: Version) -> Bool {
        !hasMerged && writes.allSatisfy { isKnown($0.key, $0.value, since: position) }
    }

    private func isKnown(_ key: Key, _ write: Write, since position: Version) -> Bool {
        write.isStoredAsSent && !sent.contains(key) && replayed[key] == nil && write.versionBefore <= position
    }

    /// The versions that need not be sent to a client which has everything up to `position`: the record before the
    /// request is known to it, and so is all that the request made of it (PROTOCOL section 2).
    func versionsKnown(since position: Version) -> Set<Version> {
        if writes.isEmpty { return [] }
        return Set(writes.filter { isKnown($0.key, $0.value, since: position) }.map(\.value.version))
    }
}
