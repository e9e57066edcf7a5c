// A client of the fixed part may send its own clock for its position, and any client may name a base. Here is asked whether
// this database has given such a version out at all, and whether it has met a client before.

import GRDB
import SyncKit

extension WriteTransaction {
    /// How many outcomes, and how many of an entity's newest records, are looked through at most: the one writer has more to do.
    private static let maxOutcomes: Int64 = 100_000
    private static let maxRecords: Int64 = 200

    /// Whether the user was given this version: it is a record's, or that of an operation or of a page's end within the retention.
    package func hasIssued(_ version: Version) throws -> Bool {
        guard let row else { return false }
        if version == row.bounds.head || row.bounds.served.stretches.contains(where: { $0.from == version }) { return true }
        if try cutPage(at: version) != nil { return true }
        // An older position may have been the end of a page, of which nothing is known any more.
        if try version < purgedBefore { return false }
        for table in tables.values where row.usage[table.entityKey].head >= version {
            let isThere = try PreparedStatement(table.selectVersion, connection)
                .bind(row.key, at: 1).bind(version.value, at: 2).first { _ in true }
            if isThere ?? false { return true }
        }
        return try PreparedStatement(
            "SELECT 1 FROM (SELECT at + later AS version FROM operations WHERE user = ?1 LIMIT ?3) WHERE version = ?2 LIMIT 1", connection
        ).bind(row.key, at: 1).bind(version.value, at: 2).bind(Self.maxOutcomes, at: 3).first { _ in true } ?? false
    }

    /// Before which the last purge has removed outcomes and ends of pages; zero if there was none.
    private var purgedBefore: Version {
        get throws {
            try PreparedStatement("SELECT value FROM meta WHERE name = 'purgedBefore'", connection).first { Version($0.integer(0)) }
                ?? .zero
        }
    }

    /// Whether a client has written one of the user's newest records before. One that takes a fresh name for each operation has not,
    /// and so nothing tells it from another.
    ///
    /// - Parameter head: the user's before the request.
    package func knows(client: String, upTo head: Version) throws -> Bool {
        guard let row else { return false }
        for table in tables.values where row.usage[table.entityKey].head > .zero {
            let isKnown = try PreparedStatement(table.selectWriter, connection)
                .bind(row.key, at: 1).bind(head.value, at: 2).bind(client, at: 3).bind(Self.maxRecords, at: 4).first { _ in true }
            if isKnown ?? false { return true }
        }
        return false
    }

    /// Whether an entity is among those of which a client has more than of the others.
    package func isHeld(_ entity: String, in start: FeedStart) -> Bool { tables[entity].map { start.held.contains($0.entityKey) } ?? false }
}
