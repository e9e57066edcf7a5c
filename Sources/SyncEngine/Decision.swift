// The rules of PROTOCOL section 4 as one pure function over the stored record, the edit and the entity's policy. A
// further policy is a further case of `resolve`; nothing else has to know of it.

import SyncKit
import SyncStore

/// An edit, as far as the decision is concerned.
struct Edit {
    let kind: Operation.Kind
    /// What the client wants to be in the record; empty for a delete.
    let content: Document
    /// The edit's base lies before a write by another client (PROTOCOL section 4).
    let isConcurrent: Bool
    /// The client knows of the tombstone that it creates over.
    let mayRevive: Bool
}

/// What is to be done with an edit.
enum Decision: Equatable {
    /// Store this content.
    case write(Document)
    case delete
    case noop
    case conflict(Conflict.Kind, Conflict.Resolution, fields: [String])

    static func decide(_ edit: Edit, on record: StoredRecord?, policy: ConflictPolicy) -> Decision {
        switch (edit.kind, record) {
        case (.create, nil): .write(edit.content)
        case (.create, let record?) where record.isDeleted:
            edit.mayRevive ? .write(edit.content) : .conflict(.deleted, .serverWins, fields: [])
        case (.create, let record?): change(edit, of: record, policy, otherwise: .exists)
        case (.update, nil): .conflict(.notFound, .none, fields: [])
        case (.update, let record?) where record.isDeleted: .conflict(.deleted, .serverWins, fields: [])
        case (.update, let record?): change(edit, of: record, policy, otherwise: .stale)
        case (.delete, nil): .noop
        // A delete wins over a concurrent change.
        case (.delete, let record?): record.isDeleted ? .noop : .delete
        }
    }

    private static func change(
        _ edit: Edit, of record: StoredRecord, _ policy: ConflictPolicy, otherwise conflict: Conflict.Kind
    ) -> Decision {
        let fields = edit.content.names.filter { edit.content[$0] != record.content[$0] }
        // Equal values never conflict.
        if fields.isEmpty { return .noop }
        guard edit.isConcurrent else { return .write(record.content.applying(edit.content)) }
        return resolve(fields, policy, conflict)
    }

    /// Both sides changed the record.
    private static func resolve(_ fields: [String], _ policy: ConflictPolicy, _ conflict: Conflict.Kind) -> Decision {
        switch policy {
        case .serverWins: .conflict(conflict, .serverWins, fields: fields)
        }
    }
}
