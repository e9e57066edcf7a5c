/// What happens to an operation whose record was changed by another client since the version that the edit was made on
/// (PROTOCOL section 4).
public enum ConflictPolicy: String, Sendable {
    /// The record stays as it is, and the operation comes back as a conflict.
    case serverWins
}
