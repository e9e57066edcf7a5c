// What must be true, kept beside the server: who wrote which value, what was acknowledged, what is deleted for ever. It is
// a plain value, so that a backup of it is an assignment. After every request it looks at what really changed.

import SyncKit

/// The simulation's own knowledge of what the server has to have.
struct Oracle {
    struct Entry: Equatable {
        var version: Int64
        /// Deleted, and its tombstone perhaps purged.
        var isDead: Bool
        var isPurged = false
        var content: Content
        /// The client that wrote it last, as the feed names it.
        var writer = ""
        /// The installation and the edit that last wrote each field.
        var writers: [String: Writer] = [:]

        struct Writer: Equatable {
            let installation: String
            /// The edit's serial; later ones are greater. Nil for a person's decision.
            let serial: Int?
        }
    }

    /// What an accepted operation was answered with.
    struct Outcome {
        let status: String
        let id: String?
        let version: Int64?
        /// When, by the server's clock: a purge forgets it by this.
        let at: Int64
    }

    struct Conflict {
        var isOpen: Bool
        var at: Int64
        /// The later ones have greater numbers.
        var number = 0
    }

    struct User {
        var head: Int64 = 0
        var floor: Int64 = 0
        /// The versions given out since a backup was made, by the time when it was restored.
        var lost: [Range<Int64>] = []
        var records: [RecordKey: Entry] = [:]
        /// By the edit's serial.
        var outcomes: [Int: Outcome] = [:]
        /// By the conflict's id, or by the edit's serial for those that were settled at once.
        var conflicts: [String: Conflict] = [:]
        /// The ids of open conflicts by the serial of their edit.
        var conflictIDs: [Int: String] = [:]
        /// When edits were rejected, by their serials.
        var rejected: [Int: Int64] = [:]
        /// The serials of edits that were carried out or refused, which the server has forgotten: by a purge or by the restore of a backup.
        var forgotten: Set<Int> = []
        /// Creates that were refused, by their serials, and those of them whose record its device has deleted since.
        var refusedCreates: [Int: RecordKey] = [:]
        var buried: Set<Int> = []
        /// Records whose edits were refused as edits of others into which they were merged.
        var mergedAway: Set<RecordKey> = []
        /// The records that there were when a device was set up again.
        var strange: Set<RecordKey> = []
        private var lastNumber = 0

        /// Keeps a conflict; of more than a thousand the settled ones go first, and the oldest first.
        mutating func keep(_ conflict: Conflict, _ id: String) {
            lastNumber += 1
            conflicts[id] = Conflict(isOpen: conflict.isOpen, at: conflict.at, number: lastNumber)
            while conflicts.count > 1000 {
                let settled = conflicts.filter { !$0.value.isOpen }
                guard let oldest = (settled.isEmpty ? conflicts : settled).min(by: { $0.value.number < $1.value.number }) else { return }
                conflicts[oldest.key] = nil
            }
        }
    }

    private(set) var users: [String: User] = [:]
    /// The entities whose handler is away.
    var away: Set<String> = []
    /// Whether handlers have gone or come. The position of an old device in the middle of its feed is a mere number then.
    var hasSwapped = false
    /// The newest version ever given out to each user; a restore does not set it back.
    private(set) var newestVersions: [String: Int64] = [:]
    let defaults: [String: Content]
    /// The fields, by entity, in which both sides' strings are kept.
    let unions: [String: Set<String>]
    let schemas: [String: Schema]
    /// The entities whose replaced values are not stored.
    let caches: Set<String>

    init(_ schemas: [Schema]) {
        self.schemas = Dictionary(uniqueKeysWithValues: schemas.map { ($0.entity.name, $0) })
        caches = Set(schemas.filter(\.handler.isCache).map(\.entity.name))
        defaults = Dictionary(uniqueKeysWithValues: schemas.map { ($0.entity.name, $0.defaults) })
        unions = Dictionary(uniqueKeysWithValues: schemas.map { ($0.entity.name, $0.unions) })
    }

    // MARK: - Questions

    func state(of user: String) -> User { users[user] ?? User() }

    func entry(_ key: RecordKey, of user: String) -> Entry? { users[user]?.records[key] }

    func head(of user: String) -> Int64 { users[user]?.head ?? 0 }

    /// The change of a record of somebody else, for the saboteur.
    func anyChange(notOf user: String) -> Value? {
        for (name, other) in users.sorted(by: { $0.key < $1.key }) where name != user {
            guard let (key, entry) = other.records.sorted(by: { $0.key < $1.key }).first(where: { !$0.value.isDead && $0.value.isOf(name) })
            else { continue }
            let data = entry.content.merging(["id": .string(key.id), "version": .integer(entry.version)]) { $1 }
            return .object(["entity": .string(key.entity), "operation": .string("update"), "data": .object(data)])
        }
        return nil
    }

    // MARK: - What befalls the server

    /// What a purge does to what is known: outcomes and conflicts are forgotten, the dead stay dead.
    mutating func purge(before limit: Int64) {
        users = users.mapValues { [away] user in
            var user = user
            // The tombstones of an entity without a handler wait for its return.
            for (key, entry) in user.records
            where entry.isDead && !entry.isPurged && entry.version < limit && !away.contains(key.entity) {
                user.records[key]?.isPurged = true
                user.floor = max(user.floor, entry.version)
            }
            user.forgotten.formUnion(user.outcomes.filter { $0.value.at < limit }.keys)
            user.forgotten.formUnion(user.rejected.filter { $0.value < limit }.keys)
            user.forgotten.formUnion(user.conflictIDs.filter { user.conflicts[$0.value].map { $0.at < limit } ?? true }.keys)
            user.outcomes = user.outcomes.filter { $0.value.at >= limit }
            user.conflicts = user.conflicts.filter { $0.value.at >= limit }
            return user
        }
    }

    /// Goes back to what was known when the backup was made.
    mutating func restore(_ backup: Oracle) {
        let before = users
        users = backup.users
        for (name, user) in before {
            let known = Set(user.outcomes.keys).union(user.conflictIDs.keys).union(user.rejected.keys)
            change(name) { $0.forgotten = user.forgotten.union(known.subtracting($0.outcomes.keys)) }
        }
        for (name, newest) in newestVersions where newest > head(of: name) {
            change(name) { $0.lost.append($0.head + 1..<newest + 1) }
        }
    }

    /// The device of these edits is set up again, and sends none of them any more: a copy that is on the way is another one's, and
    /// so are the records.
    mutating func forget(_ edits: [Edit], of user: String) {
        change(user) { user in
            user.forgotten.formUnion(edits.map(\.serial))
            user.strange.formUnion(user.records.keys)
        }
    }

    mutating func change(_ user: String, _ change: (inout User) throws -> Void) rethrows {
        try change(&users[user, default: User()])
    }

    mutating func takeHead(_ head: Int64, of user: String) {
        newestVersions[user] = max(head, newestVersions[user, default: 0])
        change(user) { $0.head = head }
    }

    /// Takes a version that was given out.
    mutating func note(version: Int64, of user: String) throws {
        guard version > newestVersions[user, default: 0] else {
            throw Violation(
                .versions, "Version \(version) of \(user) is not above \(newestVersions[user, default: 0]), which was given out before.")
        }
        newestVersions[user] = version
    }
}

extension Oracle.Entry {
    /// Whether some value says that it is this user's.
    fileprivate func isOf(_ user: String) -> Bool { content.values.contains { $0.firstText { $0.hasPrefix("Of \(user):") } != nil } }
}
