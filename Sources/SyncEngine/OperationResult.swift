import SyncKit
package import SyncStore

/// What became of one operation (PROTOCOL section 3).
package struct OperationResult: Sendable {
    package let index: Int
    package let operation: Operation
    /// The record's id, given or derived; nil if an update or delete names none.
    package let id: String?
    package let outcome: Outcome

    package enum Outcome: Sendable {
        case accepted(Acceptance)
        /// The record's state does not allow it.
        indirect case conflict(Conflict)
        /// The operation itself is wrong, whatever the record's state.
        indirect case rejected(Conflict)
    }

    var isAccepted: Bool { if case .accepted = outcome { true } else { false } }

    package var conflict: Conflict? {
        switch outcome {
        case .conflict(let conflict), .rejected(let conflict): conflict
        case .accepted: nil
        }
    }
}

/// An operation that went through.
package struct Acceptance: Sendable {
    package let status: KeptOutcome.Status
    /// The record's version; nil for the delete of a record that is not there.
    package let version: Version?
    /// What a policy discarded, as a JSON array; empty for nothing.
    package var overwritten: [UInt8] = []
    /// The same without the values, for an answer that has no room for them.
    var overwrittenNames: [UInt8] = []
    /// It was carried out on a record that its client had perhaps not seen.
    var isUnproven = false
    /// It was carried out before, and this is what became of it then.
    package var isDuplicate = false
}
