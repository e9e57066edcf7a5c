import GRDB
import SyncKit

extension WriteTransaction {
    /// How many conflicts of a user are kept, and how much room they may take together, in bytes (PROTOCOL section 4).
    package static let maxConflicts = 1000
    package static let maxConflictBytes = 16 << 20

    package func conflict(_ id: String) throws -> StoredConflict? {
        guard let row, row.conflicts > 0 else { return nil }
        return try PreparedStatement(StoredConflict.select, connection)
            .bind(row.key, at: 1).bind(id, at: 2).first(StoredConflict.init)
    }

    /// Keeps a conflict, in the place of the one with the same id if there is one.
    package mutating func keep(_ conflict: StoredConflict) throws {
        try forget(StoredConflict.selectPlace, conflict.id)
        let key = try changeRow { row in
            row.conflicts += 1
            row.openConflicts += conflict.isOpen ? 1 : 0
            row.conflictBytes += conflict.size
        }
        try PreparedStatement(
            """
            INSERT INTO conflicts (user, id, open, entity, record, server_version, kind, client, content, body, settlement, at, fingerprint, size, number)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, max(coalesce(max(number), 0) + 1, ?12)
            FROM conflicts WHERE user = ?1
            """, connection
        ).bind(key, at: 1).bind(conflict.id, at: 2).bind(conflict.isOpen ? 1 : 0, at: 3).bind(conflict.entity, at: 4)
            .bind(conflict.record, at: 5).bind(conflict.serverVersion?.value, at: 6).bind(conflict.kind, at: 7)
            .bind(conflict.client, at: 8).bind(conflict.content, at: 9).bind(conflict.body, at: 10).bind(conflict.settlement, at: 11)
            .bind(now.milliseconds, at: 12).bind(blob: conflict.fingerprint, at: 13).bind(Int64(conflict.size), at: 14).run()
        try forgetOldest()
    }

    /// Closes an open conflict; `settlement` is what a repeated request to settle it is answered with.
    package mutating func settle(_ id: String, settlement: [UInt8] = []) throws {
        guard let row, let conflict = try conflict(id), conflict.isOpen else { return }
        let growth = settlement.count - conflict.settlement.count
        try PreparedStatement("UPDATE conflicts SET open = 0, settlement = ?3, size = size + ?4 WHERE user = ?1 AND id = ?2", connection)
            .bind(row.key, at: 1).bind(id, at: 2).bind(settlement, at: 3).bind(Int64(growth), at: 4).run()
        try changeRow { row in
            row.openConflicts -= 1
            row.conflictBytes += growth
        }
    }

    /// Settled conflicts go first: an open one holds a text that is nowhere else.
    private mutating func forgetOldest() throws {
        while let row, row.conflicts > Self.maxConflicts || row.conflictBytes > Self.maxConflictBytes {
            if row.conflicts > row.openConflicts {
                try forget(StoredConflict.selectOldestSettled)
            } else {
                try forget(StoredConflict.selectOldest)
            }
        }
    }

    /// - Parameter select: gives the number, whether it is open, and the size of the one to be forgotten.
    private mutating func forget(_ select: SQLText, _ id: String? = nil) throws {
        guard let row, row.conflicts > 0 else { return }
        var statement = try PreparedStatement(select, connection).bind(row.key, at: 1)
        if let id { statement = statement.bind(id, at: 2) }
        guard let (number, isOpen, size) = try statement.first({ ($0.integer(0), $0.integer(1) != 0, Int($0.integer(2))) }) else { return }
        try PreparedStatement("DELETE FROM conflicts WHERE user = ?1 AND number = ?2", connection)
            .bind(row.key, at: 1).bind(number, at: 2).run()
        try changeRow { row in
            row.conflicts -= 1
            row.openConflicts -= isOpen ? 1 : 0
            row.conflictBytes -= size
        }
    }
}
