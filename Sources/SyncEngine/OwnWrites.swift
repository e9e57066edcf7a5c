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
    }

    private var writes: [Key: Write] = [:]
    /// It left tombstones for records that were merged into others: nobody has asked for them, and the client gets them.
    private var hasMerged = false
    /// What the request changes beside a replay is not what the client expects: a delete that was nothing when it came first
    /// stays nothing, even if the create before it goes through this time.
    private var replayed: Set<Key> = []

    func contains(_ key: Key) -> Bool { writes[key] != nil }

    func before(_ key: Key, _ record: StoredRecord?) -> Writes? {
        if let write = writes[key] { return write.before }
        return record.map(Writes.init(of:))
    }

    mutating func add(_ key: Key, over previous: StoredRecord?, version: Version, isStoredAsSent: Bool) {
        let before = before(key, previous)
        let wasAsSent = writes[key]?.isStoredAsSent ?? true
        writes[key] = Write(before: before, version: version, isStoredAsSent: wasAsSent && isStoredAsSent)
    }

    mutating func addReplay(_ key: Key) { replayed.insert(key) }

    mutating func addMerged() { hasMerged = true }

    /// Whether a client that has everything up to `position` knows all that the request made of the records.
    func areKnown(since position: Version) -> Bool {
        !hasMerged && writes.allSatisfy { isKnown($0.key, $0.value, since: position) }
    }

    private func isKnown(_ key: Key, _ write: Write, since position: Version) -> Bool {
        write.isStoredAsSent && !replayed.contains(key) && write.before.map { $0.record.version <= position } ?? true
    }

    /// The versions that need not be sent to a client which has everything up to `position`: the record before the
    /// request is known to it, and so is all that the request made of it (PROTOCOL section 2).
    func versionsKnown(since position: Version) -> Set<Version> {
        Set(writes.filter { isKnown($0.key, $0.value, since: position) }.map(\.value.version))
    }
}
