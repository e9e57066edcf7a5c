import SyncKit
import SyncStore

/// The words of every conflict stand here.
extension Conflict {
    static func unknownEntity(_ operation: Operation) -> Conflict {
        Conflict(kind: .unknownEntity, message: "Entity '\(operation.entity)' is unknown.")
    }

    static func invalid(_ operation: Operation, _ faults: [ValidationError.Fault], _ record: StoredRecord? = nil) -> Conflict {
        let message = faults.count == 1 ? faults[0].message : "The data has \(faults.count) faults."
        return Conflict(kind: .validation, message: message, server: record, faults: faults)
    }

    static func tooLarge(_ operation: Operation, maxBytes: Int, _ record: StoredRecord?) -> Conflict {
        Conflict(kind: .tooLarge, message: "The record would be larger than \(maxBytes) bytes.", server: record)
    }

    static func constraint(_ operation: Operation, _ violation: UniqueViolation, _ record: StoredRecord?) -> Conflict {
        let fields = violation.rule.fields.map { "'\($0)'" }.joined(separator: " and ")
        return Conflict(
            kind: .constraint, message: "The record '\(violation.holder)' has the same \(fields) already.", server: record,
            violation: violation)
    }

    /// What the decision refused.
    static func refused(
        _ operation: Operation, _ kind: Kind, _ resolution: Resolution, _ fields: [String], _ record: StoredRecord?, _ schema: Schema
    ) -> Conflict {
        Conflict(
            kind: kind, message: message(kind, operation), resolution: resolution, policy: schema.handler.conflicts,
            server: record, fields: fields)
    }

    private static func message(_ kind: Kind, _ operation: Operation) -> String {
        switch kind {
        case .stale: "The record was changed by another client since the version that this edit was made on."
        case .exists: "A record with this id exists already and differs."
        case .deleted: "The record is deleted."
        case .notFound: "There is no record with this id."
        case .constraint, .validation, .unknownEntity, .tooLarge: "The operation was refused."
        }
    }
}
