// A position in the feed stands for the entities that were served when it was given out. An entity that was away then, since its
// handler was, has records below that position which its client lacks. So the database numbers the sets of entities that it has
// ever served, and each user's row says from which version on positions were given out under which of them.

import GRDB
import JSON

/// The sets of entities that this database has served, and the one that it serves now.
final class ServedSets: Sendable {
    /// The set's number.
    let current: Int64
    /// The entities' keys, by the set's number.
    private let sets: [Int64: Set<Int64>]

    /// Numbers the set, if it is a new one.
    ///
    /// - Parameter keys: the entities that have a handler now.
    init(_ db: Database, serving keys: some Sequence<Int64>) throws {
        let text = "[\(Set(keys).sorted().map(String.init).joined(separator: ","))]"
        try db.execute(sql: "INSERT INTO served_sets (entities) VALUES (?) ON CONFLICT DO NOTHING", arguments: [text])
        var sets: [Int64: Set<Int64>] = [:]
        var current: Int64 = 1
        for row in try Row.fetchAll(db, sql: "SELECT key, entities FROM served_sets") {
            let (key, entities): (Int64, String) = (row[0], row[1])
            sets[key] = Set(entities.dropFirst().dropLast().split(separator: ",").compactMap { Int64($0) })
            if entities == text { current = key }
        }
        (self.sets, self.current) = (sets, current)
    }

    /// The entities that were served then; none for a set that is not known.
    func entities(of set: Int64) -> Set<Int64> { sets[set] ?? [] }
}

/// Under which set of entities a user's positions were given out.
struct ServedHistory: Equatable {
    /// The first version of each stretch, its set and the purge floor at its beginning, in order; before the first it was set 1.
    private(set) var stretches: [(from: Version, set: Int64, floor: Version)] = []

    /// More of them are of no use: positions below count as given out under no set at all.
    private static let maxCount = 16
    static let first: Int64 = 1

    init() {}

    init(json: UnsafeRawBufferPointer) throws {
        let isTable = try JSONIntegerRows.forEach(of: json) { row in
            guard row.count == 3 else { throw Self.damage }
            stretches.append((Version(row[0]), row[1], Version(row[2])))
        }
        guard isTable else { throw Self.damage }
    }

    private static let damage = StoreError.unavailable("A user's stored list of served sets is damaged.")

    var json: [UInt8] { Array("[\(stretches.map { "[\($0.from.value),\($0.set),\($0.floor.value)]" }.joined(separator: ","))]".utf8) }

    var current: Int64 { stretches.last?.set ?? Self.first }

    func set(at version: Version) -> Int64 { stretches.last { $0.from <= version }?.set ?? Self.first }

    mutating func begin(_ set: Int64, from version: Version, floor: Version) {
        stretches.append((version, set, floor))
        if stretches.count > Self.maxCount {
            stretches.removeFirst()
            // The first of the rest stands for all before it: under a set that no client has, so that all of it is sent.
            stretches[0] = (.zero, 0, .zero)
        }
    }

    static func == (left: ServedHistory, right: ServedHistory) -> Bool { left.stretches.elementsEqual(right.stretches, by: ==) }
}

/// Where each entity's part of a feed begins.
package struct FeedStart: Equatable, Sendable {
    /// The client has every record whose version is at most this.
    package var version: Version
    /// Of these entities, given by their keys, the client has more: every record up to `heldThrough`.
    package var held: Set<Int64> = []
    package var heldThrough = Version.zero

    package init(_ version: Version) { self.version = version }

    init(_ version: Version, held: Set<Int64>, through heldThrough: Version) {
        (self.version, self.held, self.heldThrough) = (version, held, heldThrough)
    }

    /// Up to where the client has every record of the entity, which its key names.
    package func version(of entity: Int64) -> Version { held.contains(entity) ? max(version, heldThrough) : version }
}
