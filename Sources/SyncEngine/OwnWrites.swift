import SyncKit
import SyncStore

/// What the operations of one request have written so far.
struct OwnWrites {
    struct Key: Hashable {
        let entity: String
        let id: String
    }

    private struct Write {
        /// The record's stamp before the request; nil if there was none.
        let before: StoredRecord.Stamp?
        var version: Version
        var isStoredAsSent: Bool
    }

    private var writes: [Key: Write] = [:]

    var isEmpty: Bool { writes.isEmpty }

    func contains(_ key: Key) -> Bool { writes[key] != nil }

    /// Who wrote the record before the request: its own writes are nobody else's, whatever client they name
    /// (PROTOCOL section 4).
    func stampBefore(_ key: Key, of record: StoredRecord?) -> StoredRecord.Stamp? {
        if let write = writes[key] { return write.before }
        return record?.stamp
    }

    mutating func add(_ key: Key, over previous: StoredRecord?, version: Version, isStoredAsSent: Bool) {
        let before = stampBefore(key, of: previous)
        let wasAsSent = writes[key]?.isStoredAsSent ?? true
        writes[key] = Write(before: before, version: version, isStoredAsSent: wasAsSent && isStoredAsSent)
    }

    /// The versions that need not be sent to a client which has everything up to `position`: the record before the
    /// request is known to it, and so is all that the request made of it (PROTOCOL section 2).
    func versionsKnown(since position: Version) -> Set<Version> {
        Set(writes.values.filter { write in
            write.isStoredAsSent && write.before.map { $0.version <= position } ?? true
        }.map(\.version))
    }
}
