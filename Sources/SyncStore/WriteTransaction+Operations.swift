import GRDB
import SyncKit

/// What became of an accepted operation, kept so that a replay changes nothing (PROTOCOL section 3).
package struct KeptOutcome: Sendable, Equatable {
    /// The numbers stand in the database.
    package enum Status: Int64, Sendable {
        case applied = 1
        case merged = 2
        case noop = 3

        package var name: StaticString {
            switch self {
            case .applied: "applied"
            case .merged: "merged"
            case .noop: "noop"
            }
        }
    }

    package let status: Status
    /// The record's id.
    package let id: String
    package let version: Version?
    /// A hash of what the operation said, if its identity does not cover it; empty otherwise.
    package let fingerprint: [UInt8]
    /// What a policy discarded, as the JSON of the result's `overwritten`; empty for nothing, and `{}` if it is long: the settled
    /// conflict has it then.
    package let overwritten: [UInt8]

    package init(status: Status, id: String, version: Version?, fingerprint: [UInt8], overwritten: [UInt8]) {
        self.status = status
        self.id = id
        self.version = version
        self.fingerprint = fingerprint
        self.overwritten = overwritten
    }

    /// Stands for discarded values that the settled conflict alone holds.
    package static let elsewhere = Array("{}".utf8)
    /// Of an operation that was carried out on a record which its client had perhaps not seen, and replaced nothing.
    package static let nothing = Array("[]".utf8)
    /// Of an operation that was refused, and that a person decided for: the version is the person's write.
    package static let decided = Array("null".utf8)
}

extension WriteTransaction {
    /// The outcome that is kept under an identity.
    ///
    /// - Parameter id: the record that the operation itself is about.
    package func outcome(of identity: [UInt8], on id: String) throws -> KeptOutcome? {
        guard let row else { return nil }
        return try PreparedStatement(
            "SELECT status, id, at + later, fingerprint, overwritten FROM operations WHERE user = ?1 AND identity = ?2", connection
        ).bind(row.key, at: 1).bind(blob: identity, at: 2).first { row in
            guard let status = KeptOutcome.Status(rawValue: row.integer(0)) else {
                throw StoreError.unavailable("A stored outcome has the unknown status \(row.integer(0)).")
            }
            return KeptOutcome(
                status: status, id: row.isNull(1) ? id : row.string(1), version: row.isNull(2) ? nil : Version(row.integer(2)),
                fingerprint: row.blob(3), overwritten: Array(row.bytes(4)))
        }
    }

    /// - Parameter id: the record that the operation itself is about, so that it need not be kept; nil if that is not known.
    package mutating func keep(_ outcome: KeptOutcome, of identity: [UInt8], on id: String? = nil) throws {
        let key = try changeRow()
        let isOther = id.map { !$0.isIdentical(to: outcome.id) } ?? true
        try PreparedStatement(
            "INSERT OR REPLACE INTO operations (user, identity, at, status, id, later, fingerprint, overwritten) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            connection
        ).bind(key, at: 1).bind(blob: identity, at: 2).bind(now.milliseconds, at: 3).bind(outcome.status.rawValue, at: 4)
            .bind(isOther ? outcome.id : nil, at: 5).bind(outcome.version.map { $0.value - now.milliseconds }, at: 6)
            .bind(blob: outcome.fingerprint, at: 7).bind(outcome.overwritten, at: 8).run()
    }
}
