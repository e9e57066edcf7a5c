import SyncKit
import SyncStore

/// What the operations of one request have written so far.
struct OwnWrites: Sendable {
    struct Key: Hashable {
        let entity: String
        let id: String

        // By bytes, as the database compares: Swift's == would take two spellings of an accent for one.
        static func == (left: Key, right: Key) -> Bool {
            left.id.utf8.elementsEqual(right.id.utf8) && left.entity.utf8.elementsEqual(right.entity.utf8)
        }
    }

    private struct Write {
        /// Who wrote the record before the request; nil if there was none.
        let before: Writes?
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
    /// The newest version that a replayed operation wrote to a record when it came first. What the request changes beside a
    /// replay is not what the client expects: the record is sent.
    private var replayed: [Key: (version: Version, isProven: Bool)] = [:]
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

    mutating func add(_ key: Key, over previous: StoredRecord?, version: Version, isStoredAsSent: Bool, own: Version? = nil) {
        let before = before(key, previous)
        let wasAsSent = writes[key]?.isStoredAsSent ?? true
        writes[key] = Write(before: before, version: version, isStoredAsSent: wasAsSent && isStoredAsSent, own: own ?? writes[key]?.own)
    }

    /// - Parameter isProven: whether its client had certainly seen the record that it changed.
    mutating func addReplay(_ key: Key, version: Version?, isProven: Bool) {
        let earlier = replayed[key] ?? (.zero, true)
        replayed[key] = (max(earlier.version, version ?? .zero), earlier.isProven && isProven)
    }

    mutating func addSent(_ key: Key) { sent.insert(key) }

    /// The newest version of a record that an operation of this request wrote when it came first; nil for none.
    func replay(_ key: Key) -> (version: Version, isProven: Bool)? { replayed.isEmpty ? nil : replayed[key] }

    /// The newest version that the request wrote; zero for none.
    var newestVersion: Version { writes.values.reduce(.zero) { max($0, $1.version) } }

    /// The newest version that the request wrote when it came first; zero for none.
    var newestReplay: Version { replayed.values.reduce(.zero) { max($0, $1.version) } }

    mutating func addMerged() { hasMerged = true }

    /// Whether a client that has everything up to `position` knows all that the request made of the records.
    func areKnown(since position: Version) -> Bool {
        !hasMerged && writes.allSatisfy { isKnown($0.key, $0.value, since: position) }
    }

    private func isKnown(_ key: Key, _ write: Write, since position: Version) -> Bool {
        write.isStoredAsSent && !sent.contains(key) && replayed[key] == nil && write.before.map { $0.record.version <= position } ?? true
    }

    /// The versions that need not be sent to a client which has everything up to `position`: the record before the
    /// request is known to it, and so is all that the request made of it (PROTOCOL section 2).
    func versionsKnown(since position: Version) -> Set<Version> {
        Set(writes.filter { isKnown($0.key, $0.value, since: position) }.map(\.value.version))
    }
}
