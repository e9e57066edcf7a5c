import SyncKit

/// The rule for the ids that clients give to records (PROTOCOL section 1).
enum RecordID {
    /// What is wrong with an operation's `data.id`: 1 to 128 bytes of UTF-8; only a create may leave it out.
    static func fault(in operation: Operation) -> ValidationError.Fault? {
        guard operation.data.contains("id") else {
            return operation.kind == .create ? nil : fault("An \(operation.kind.rawValue) names its record in 'data.id'.")
        }
        guard let id = operation.data.string("id"), (1...128).contains(id.utf8.count) else {
            return fault("'id' must be a string of 1 to 128 bytes.")
        }
        // NUL ends a text in many an SQL tool, and U+FFFD is what became of half a surrogate pair: two such ids could be
        // one here without the client's knowing.
        return id.contains("\0") || id.contains("\u{FFFD}") ? fault("'id' must not contain U+0000, U+FFFD or half a surrogate pair.") : nil
    }

    private static func fault(_ message: String) -> ValidationError.Fault {
        ValidationError.Fault(path: "data.id", message: message)
    }
}
