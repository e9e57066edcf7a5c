// A refused operation may come again: its client sends it once more, or the network has kept a copy. The request that brings it
// then may claim to have seen more than the first one had, and the edit has not: so the server remembers the base.

import GRDB
package import SyncKit

/// The view of its client that a refused operation was first judged by (PROTOCOL section 3).
package struct Refusal: Sendable, Equatable {
    /// The client had seen the writes of other clients up to here.
    package let base: Version
    /// Whether that is the client's own word: its position was later than all that had been given out.
    package let isClaim: Bool
    /// The client had made the writes under its own name up to here before it.
    package let own: Version
    /// The operations before it in its first request wrote the versions later than `start`, up to `end`.
    package let start: Version
    package let end: Version
    /// Whether it was rejected, and not stored as a conflict.
    package let isRejected: Bool
    /// See ``KeptOutcome/fingerprint``; empty for a rejected operation, which left nothing.
    package let fingerprint: [UInt8]

    package init(base: Version, isClaim: Bool, own: Version, start: Version, end: Version, isRejected: Bool, fingerprint: [UInt8]) {
        self.base = base
        self.isClaim = isClaim
        self.own = own
        self.start = start
        self.end = end
        self.isRejected = isRejected
        self.fingerprint = fingerprint
    }
}

extension WriteTransaction {
    /// How many rejected operations of a user are remembered; those that ended in a conflict are for the retention.
    package static let maxRejected = 1000

    package var hasRefusals: Bool { rememberedRefusals > 0 }

    package var rememberedRefusals: Int { row?.refusals ?? 0 }

    /// The refusal that is remembered under an identity.
    package func refusal(of identity: [UInt8]) throws -> Refusal? {
        guard let row, row.refusals > 0 else { return nil }
        return try PreparedStatement(
            "SELECT base, own, start, finish, rejected, fingerprint FROM refusals WHERE user = ?1 AND identity = ?2", connection
        ).bind(row.key, at: 1).bind(blob: identity, at: 2).first { row in
            Refusal(
                base: Version(abs(row.integer(0))), isClaim: row.integer(0) < 0, own: Version(row.integer(1)),
                start: Version(row.integer(2)), end: Version(row.integer(3)),
                isRejected: row.integer(4) != 0, fingerprint: row.blob(5))
        }
    }

    /// Whether a create of this record was refused: it may come again.
    package func hasRefusedCreate(of id: String, _ entity: Entity) throws -> Bool {
        guard let row, row.refusals > 0 else { return false }
        return try PreparedStatement(
            "SELECT 1 FROM refusals WHERE user = ?1 AND record = ?2 AND entity = ?3 AND creates = 1 LIMIT 1", connection
        ).bind(row.key, at: 1).bind(id, at: 2).bind(entity.name, at: 3).first { _ in true } ?? false
    }

    /// Remembers a refusal, in the place of the one with the same identity if there is one.
    package mutating func remember(
        _ refusal: Refusal, of identity: [UInt8], creating isCreate: Bool, record: String, entity: String
    ) throws {
        try forgetRefusal(of: identity)
        let key = try changeRow { $0.refusals += 1 }
        try PreparedStatement(
            """
            INSERT INTO refusals (user, identity, at, rejected, creates, entity, record, base, own, start, finish, fingerprint)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """, connection
        ).bind(key, at: 1).bind(blob: identity, at: 2).bind(now.milliseconds, at: 3).bind(refusal.isRejected ? 1 : 0, at: 4)
            .bind(isCreate ? 1 : 0, at: 5).bind(entity, at: 6).bind(record, at: 7)
            .bind(refusal.isClaim ? -refusal.base.value : refusal.base.value, at: 8)
            .bind(refusal.own.value, at: 9).bind(refusal.start.value, at: 10).bind(refusal.end.value, at: 11)
            .bind(blob: refusal.fingerprint, at: 12).run()
    }

    /// Forgets the refusal of an operation that was carried out.
    package mutating func forgetRefusal(of identity: [UInt8]) throws {
        guard let row, row.refusals > 0 else { return }
        try PreparedStatement("DELETE FROM refusals WHERE user = ?1 AND identity = ?2", connection)
            .bind(row.key, at: 1).bind(blob: identity, at: 2).run()
        if connection.db.changesCount > 0 { try changeRow { $0.refusals -= 1 } }
    }

    /// Forgets the oldest rejected operations, so that a client cannot have any number of them remembered.
    package mutating func forgetOldRejections() throws {
        guard let row, row.refusals > Self.maxRejected else { return }
        try PreparedStatement(
            """
            DELETE FROM refusals WHERE user = ?1 AND identity IN (
                SELECT identity FROM refusals WHERE user = ?1 AND rejected = 1 ORDER BY at DESC LIMIT -1 OFFSET ?2)
            """, connection
        ).bind(row.key, at: 1).bind(Int64(Self.maxRejected), at: 2).run()
        let count = connection.db.changesCount
        if count > 0 { try changeRow { $0.refusals -= count } }
    }
}
