import JSON
import SyncKit
import SyncStore

/// Applies the operations of one request, one after the other: validate, decide, store.
struct BulkWriter {
    /// The version that the client had seen when it made the edits, for those that do not say it themselves.
    struct Base {
        let version: Version
        /// The entities of which the client had seen anything; nil for all.
        let entities: Set<String>?

        func version(for operation: Operation) -> Version {
            operation.baseVersion ?? (entities.map { $0.contains(operation.entity) } ?? true ? version : .zero)
        }
    }

    let registry: Registry
    let limits: Limits
    let base: Base
    private(set) var ownWrites = OwnWrites()
    private var ordinals: [OperationIdentity: Int] = [:]

    init(registry: Registry, limits: Limits, base: Base) {
        self.registry = registry
        self.limits = limits
        self.base = base
    }

    /// - Throws: what the database throws; no operation has been carried out then. An operation that is wrong itself is
    ///   a result.
    mutating func apply(_ operations: [Operation], to transaction: inout WriteTransaction) throws -> [OperationResult] {
        var results: [OperationResult] = []
        results.reserveCapacity(operations.count)
        for (index, operation) in operations.enumerated() {
            results.append(try apply(operation, at: index, to: &transaction))
        }
        return results
    }

    private mutating func apply(
        _ operation: Operation, at index: Int, to transaction: inout WriteTransaction
    ) throws -> OperationResult {
        let result = { OperationResult(index: index, operation: operation, id: $0, outcome: $1) }
        guard let schema = registry.schema(for: operation.entity) else {
            return result(operation.data.string("id"), .rejected(.unknownEntity(operation)))
        }
        let content = operation.kind == .delete ? Document() : Schema.content(of: operation.data, changed: operation.changed)
        let faults = faults(of: operation, content, schema)
        guard faults.isEmpty else { return result(operation.data.string("id"), .rejected(.invalid(operation, faults))) }
        let key = OwnWrites.Key(entity: operation.entity, id: recordID(of: operation, content))
        let record = try transaction.record(key.id, of: schema.entity)
        let decision = Decision.decide(edit(operation, content, on: record, key), on: record, policy: schema.handler.conflicts)
        return result(key.id, try carryOut(decision, of: operation, on: record, key, schema, in: &transaction))
    }

    /// The faults that the operation has by itself, whatever the record.
    private func faults(of operation: Operation, _ content: Document, _ schema: Schema) -> [ValidationError.Fault] {
        if let fault = RecordID.fault(in: operation) { return [fault] }
        if operation.nesting > limits.maxNesting {
            return [ValidationError.Fault(path: "data", message: "The data is nested deeper than \(limits.maxNesting) levels.")]
        }
        return schema.faults(in: content)
    }

    /// The id that the operation names, or the one that is derived from its identity.
    private mutating func recordID(of operation: Operation, _ content: Document) -> String {
        if let id = operation.data.string("id") { return id }
        var bytes: [UInt8] = []
        content.writeMembers(to: &bytes)
        let first = OperationIdentity(operation, content: bytes, ordinal: 0)
        let ordinal = ordinals[first, default: 0]
        ordinals[first] = ordinal + 1
        return (ordinal == 0 ? first : OperationIdentity(operation, content: bytes, ordinal: ordinal)).recordID
    }

    private func edit(_ operation: Operation, _ content: Document, on record: StoredRecord?, _ key: OwnWrites.Key) -> Edit {
        // A create has not seen the record that it meets.
        let base = operation.kind == .create ? Version.zero : base.version(for: operation)
        let newest = ownWrites.stampBefore(key, of: record)?.newestVersion(notBy: operation.client) ?? .zero
        let knowsTombstone = operation.baseVersion == record?.stamp.version || ownWrites.contains(key)
        return Edit(kind: operation.kind, content: content, isConcurrent: newest > base, mayRevive: knowsTombstone)
    }

    private mutating func carryOut(
        _ decision: Decision, of operation: Operation, on record: StoredRecord?, _ key: OwnWrites.Key, _ schema: Schema,
        in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        switch decision {
        case .noop:
            return .noop(record?.stamp.version)
        case .conflict(let kind, let resolution, let fields):
            return .conflict(.refused(operation, kind, resolution, fields, record, schema))
        case .delete:
            guard let record else { return .noop(nil) }
            let tombstone = try transaction.savepoint {
                try $0.delete(id: key.id, of: schema.entity, over: record, by: operation.client)
            }
            ownWrites.add(key, over: record, version: tombstone.stamp.version, isStoredAsSent: true)
            return .applied(tombstone.stamp.version)
        case .write(let content):
            return try write(content, by: operation, on: record, key, schema, in: &transaction)
        }
    }

    private mutating func write(
        _ content: Document, by operation: Operation, on record: StoredRecord?, _ key: OwnWrites.Key, _ schema: Schema,
        in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        do {
            let completed = try schema.completed(content)
            guard completed.byteCount <= limits.maxRecordBytes else {
                return .rejected(.tooLarge(operation, maxBytes: limits.maxRecordBytes, record))
            }
            let stored = try transaction.savepoint {
                try $0.put(completed, id: key.id, of: schema.entity, over: record, by: operation.client)
            }
            let isStoredAsSent = operation.data.contains("id") && completed == content
            ownWrites.add(key, over: record, version: stored.stamp.version, isStoredAsSent: isStoredAsSent)
            return .applied(stored.stamp.version)
        } catch let error as ValidationError {
            return .rejected(.invalid(operation, error.faults, record))
        } catch let violation as UniqueViolation {
            return .conflict(.constraint(operation, violation, record))
        }
    }
}
