/// What happens to an operation whose record was changed by another client since the version that the edit was made on
/// (PROTOCOL section 4).
public enum ConflictPolicy: Sendable, Equatable {
    /// The record stays as it is, and the operation comes back as a conflict.
    case serverWins
    /// The operation is carried out; what it replaced is named.
    case clientWins
    /// The edit that was made later wins, as a whole, by the operations' timestamps.
    case lastWriteWins
    /// Nothing is written: a person decides.
    case manual
    /// Field by field: what one side alone changed is kept, and a field that both changed goes to its rule, or to the
    /// first one if it has none of its own.
    case merge(FieldRule = .lastWriteWins, [String: FieldRule] = [:])

    /// The policy's name on the wire.
    package var name: String {
        switch self {
        case .serverWins: "serverWins"
        case .clientWins: "clientWins"
        case .lastWriteWins: "lastWriteWins"
        case .manual: "manual"
        case .merge: "merge"
        }
    }
}

/// What becomes of one field that both sides changed.
public enum FieldRule: String, Sendable, CaseIterable {
    /// The edit that was made later, by the operations' timestamps; of equal ones the one that arrives.
    case lastWriteWins
    case serverWins
    case clientWins
    /// The larger of two numbers or dates; of anything else the later edit.
    case max
    /// The smaller of two numbers or dates; of anything else the later edit.
    case min
    /// The strings of both arrays, the server's first; of anything else the later edit.
    case union
    /// The whole operation is a conflict for a person to decide.
    case manual
}

/// What a delete does to a record that another client has changed meanwhile.
public enum DeletePolicy: Sendable {
    /// The record is deleted.
    case deleteWins
    /// The record stays, and the delete comes back as a conflict.
    case conflict
}
