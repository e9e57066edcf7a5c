package import SyncKit
package import SyncStore

/// What became of one operation (PROTOCOL section 3).
package struct OperationResult: Sendable {
    package let index: Int
    package let operation: Operation
    /// The record's id, given or derived; nil if an update or delete names none.
    package let id: String?
    package let outcome: Outcome

    package enum Outcome: Sendable {
        case applied(Version)
        /// Nothing to do; the version of the record, if there is one.
        case noop(Version?)
        /// The record's state does not allow it.
        case conflict(Conflict)
        /// The operation itself is wrong, whatever the record's state.
        case rejected(Conflict)
    }

    package var conflict: Conflict? {
        switch outcome {
        case .conflict(let conflict), .rejected(let conflict): conflict
        case .applied, .noop: nil
        }
    }
}

/// Why an operation was not carried out (PROTOCOL section 4).
package struct Conflict: Sendable {
    package enum Kind: String, Sendable {
        case stale, exists, deleted
        case notFound = "not_found"
        case constraint, validation
        case unknownEntity = "unknown_entity"
        case tooLarge = "too_large"
    }

    package enum Resolution: String, Sendable {
        case serverWins = "server_wins"
        case none
    }

    package let kind: Kind
    /// A sentence for the person who wrote the client.
    package let message: String
    package var resolution = Resolution.none
    package var policy: ConflictPolicy?
    /// The record that `data.id` names, as it stands.
    package var server: StoredRecord?
    /// The fields on which client and server do not agree.
    package var fields: [String] = []
    package var violation: UniqueViolation?
    package var faults: [ValidationError.Fault] = []
}
