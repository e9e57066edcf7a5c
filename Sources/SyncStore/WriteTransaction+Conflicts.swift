import GRDB
import SyncKit

extension WriteTransaction {
    /// How many conflicts of a user are kept; the oldest go first (PROTOCOL section 4).
    static let maxConflicts = 1000

    package func conflict(_ id: String) throws -> StoredConflict? {
        guard let row, row.conflicts > 0 else { return nil }
        return try PreparedStatement(StoredConflict.select, connection)
            .bind(row.key, at: 1).bind(id, at: 2).first(StoredConflict.init)
    }

    /// Keeps a conflict, in the place of the one with the same id if there is one.
    package mutating func keep(_ conflict: StoredConflict) throws {
        try forget(conflict.id)
        let key = try changeRow { row in
            row.conflicts += 1
            row.openConflicts += conflict.isOpen ? 1 : 0
        }
        try PreparedStatement(
            """
            INSERT INTO conflicts (user, id, open, entity, record, server_version, kind, client, content, body, settlement, at, fingerprint, number)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, max(coalesce(max(number), 0) + 1, ?12) FROM conflicts WHERE user = ?1
            """, connection
        ).bind(key, at: 1).bind(conflict.id, at: 2).bind(conflict.isOpen ? 1 : 0, at: 3).bind(conflict.entity, at: 4)
            .bind(conflict.record, at: 5).bind(conflict.serverVersion?.value, at: 6).bind(conflict.kind, at: 7)
            .bind(conflict.client, at: 8).bind(conflict.content, at: 9).bind(conflict.body, at: 10).bind(conflict.settlement, at: 11)
            .bind(now.milliseconds, at: 12).bind(blob: conflict.fingerprint, at: 13).run()
        try forgetOldest()
    }

    /// Closes an open conflict; `settlement` is what a repeated request to settle it is answered with.
    package mutating func settle(_ id: String, settlement: [UInt8] = []) throws {
        guard let row, let conflict = try conflict(id), conflict.isOpen else { return }
        try PreparedStatement("UPDATE conflicts SET open = 0, settlement = ?3 WHERE user = ?1 AND id = ?2", connection)
            .bind(row.key, at: 1).bind(id, at: 2).bind(settlement, at: 3).run()
        try changeRow { $0.openConflicts -= 1 }
    }

    private mutating func forgetOldest() throws {
        guard let row, row.conflicts > Self.maxConflicts else { return }
        let oldest = try PreparedStatement(StoredConflict.selectOldest, connection)
            .bind(row.key, at: 1).first(StoredConflict.init)
        if let oldest { try forget(oldest.id) }
    }

    private mutating func forget(_ id: String) throws {
        guard let row, let conflict = try conflict(id) else { return }
        try PreparedStatement("DELETE FROM conflicts WHERE user = ?1 AND id = ?2", connection).bind(row.key, at: 1).bind(id, at: 2).run()
        try changeRow { row in
            row.conflicts -= 1
            row.openConflicts -= conflict.isOpen ? 1 : 0
        }
    }
}
