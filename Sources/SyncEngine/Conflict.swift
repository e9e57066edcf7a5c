package import SyncKit
package import SyncStore

/// Why an operation was not carried out (PROTOCOL section 4).
package struct Conflict: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case stale, exists, deleted
        case notFound = "not_found"
        case constraint, validation
        case unknownEntity = "unknown_entity"
        case opIDReuse = "op_id_reuse"
        case tooLarge = "too_large"
        case overQuota = "over_quota"
        case tooMany = "too_many"
    }

    package enum Resolution: String, Sendable {
        case serverWins = "server_wins"
        /// A person has to decide.
        case manual
        case none
    }

    package let kind: Kind
    /// A sentence for the person who wrote the client.
    package let message: String
    /// Under which it is kept; nil if it is not.
    package var id: String?
    package var resolution = Resolution.none
    package var policy: ConflictPolicy?
    /// The record that the operation is about, as it stands, until the conflict is ready to be sent.
    var server: StoredRecord?
    /// That record's version.
    package var serverVersion: Version?
    /// The members of the conflict that hold the record and the differing values, as JSON; empty if the answer has no room for them.
    package var details: [UInt8] = []
    /// The fields on which client and server do not agree.
    package var fields: [String] = []
    package var violation: UniqueViolation?
    package var faults: [ValidationError.Fault] = []
}

// The words of every conflict stand here.
extension Conflict {
    static func unknownEntity(_ name: String) -> Conflict {
        Conflict(kind: .unknownEntity, message: "Entity '\(name)' is unknown.")
    }

    static func opIDReuse(_ record: StoredRecord?) -> Conflict {
        Conflict(
            kind: .opIDReuse, message: "Another operation was sent under this 'opId'. A changed operation takes a new one.", server: record)
    }

    static func tooMany(_ maximum: Int) -> Conflict {
        Conflict(
            kind: .tooMany,
            message: "A request may have at most \(maximum) operations, and this one comes after those. Send it with the next request.")
    }

    static func invalid(_ faults: [ValidationError.Fault], _ record: StoredRecord? = nil) -> Conflict {
        let message = faults.count == 1 ? faults[0].message : "The data has \(faults.count) faults."
        return Conflict(kind: .validation, message: message, server: record, faults: faults)
    }

    static func overLimit(_ error: LimitError, _ record: StoredRecord?) -> Conflict {
        switch error {
        case .recordTooLarge(let maxBytes):
            Conflict(kind: .tooLarge, message: "The record would be larger than \(maxBytes) bytes.", server: record)
        case .tooManyRecords(let maximum):
            Conflict(kind: .overQuota, message: "The user has the \(maximum) records that are allowed. Delete some.", server: record)
        case .tooManyBytes(let maximum):
            Conflict(
                kind: .overQuota, message: "The user's records would take more than the \(maximum) bytes that are allowed. Delete some.",
                server: record)
        }
    }

    static func constraint(_ violation: UniqueViolation, _ record: StoredRecord?) -> Conflict {
        let fields = violation.rule.fields.map { "'\($0)'" }.joined(separator: " and ")
        let message =
            fields.isEmpty
            ? "A user has one such record, and it is '\(violation.holder)'."
            : "The record '\(violation.holder)' has the same \(fields) already."
        return Conflict(kind: .constraint, message: message, server: record, violation: violation)
    }

    /// A merged record for which there is no room: the server's copy stays.
    static func unmergeable(_ error: LimitError, _ fields: [String], _ record: StoredRecord?, _ policy: ConflictPolicy) -> Conflict {
        var conflict = overLimit(error, record)
        (conflict.resolution, conflict.policy, conflict.fields) = (.serverWins, policy, fields)
        return conflict
    }

    /// A merged record that does not pass the handler's rules: the server's copy stays.
    static func unmergeable(_ faults: [ValidationError.Fault], _ fields: [String], _ record: StoredRecord?, _ policy: ConflictPolicy)
        -> Conflict
    {
        Conflict(
            kind: .stale, message: "Merged with another client's change the record would not be valid.", resolution: .serverWins,
            policy: policy, server: record, fields: fields, faults: faults)
    }

    /// What the decision refused.
    static func refused(
        _ kind: Kind, _ resolution: Resolution, _ fields: [String], _ record: StoredRecord?, _ policy: ConflictPolicy
    ) -> Conflict {
        Conflict(kind: kind, message: message(of: kind), resolution: resolution, policy: policy, server: record, fields: fields)
    }

    /// Of what a person has decided for the server's side.
    static func settled(_ record: StoredRecord?, _ policy: ConflictPolicy) -> Conflict {
        let kind: Kind = record.map { $0.isDeleted ? .deleted : .stale } ?? .notFound
        return Conflict(
            kind: kind, message: "This conflict was settled: the record stays as it is.", resolution: .serverWins, policy: policy,
            server: record)
    }

    private static func message(of kind: Kind) -> String {
        switch kind {
        case .exists: "A record with this id exists already and differs."
        case .deleted: "The record is deleted."
        case .notFound: "There is no record with this id."
        case .stale, .constraint, .validation, .unknownEntity, .opIDReuse, .tooLarge, .overQuota, .tooMany:
            "The record was changed by another client since the version that this edit was made on."
        }
    }
}
