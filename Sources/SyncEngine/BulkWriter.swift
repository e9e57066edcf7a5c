import JSON
import SyncKit
import SyncStore

/// Applies the operations of one request, one after the other: recognise a replay, decide, store, keep the outcome.
struct BulkWriter {
    private let writer: RecordWriter
    private let seen: SeenFeed
    private(set) var ownWrites = OwnWrites()
    /// The ids of the records into which creates of this request were merged, by the record that they were to create: what
    /// the client did to its own record afterwards, it did to that one.
    private var merged: [OwnWrites.Key: String] = [:]

    init(limits: Limits, quota: Quota, seen: SeenFeed) {
        self.seen = seen
        writer = RecordWriter(limits: limits, quota: quota)
    }

    /// - Throws: what the database throws; no operation has been carried out then. An operation that is wrong itself is
    ///   a result.
    mutating func apply(_ operations: [PreparedOperation], to transaction: inout WriteTransaction) throws -> [OperationResult] {
        var results: [OperationResult] = []
        results.reserveCapacity(operations.count)
        for (index, prepared) in operations.enumerated() {
            let (id, outcome) = try apply(prepared, to: &transaction)
            results.append(OperationResult(index: index, operation: prepared.operation, id: id, outcome: outcome))
        }
        return results
    }

    private mutating func apply(
        _ prepared: PreparedOperation, to transaction: inout WriteTransaction
    ) throws -> (id: String?, OperationResult.Outcome) {
        guard let schema = prepared.schema else {
            return (prepared.namedID, .rejected(.unknownEntity(prepared.operation.entity)))
        }
        if let kept = try transaction.outcome(of: prepared.identity.bytes, on: prepared.ownID) {
            guard kept.fingerprint == prepared.identity.fingerprint else { return (prepared.namedID, .rejected(.opIDReuse)) }
            ownWrites.addReplay(OwnWrites.Key(entity: schema.entity.name, id: kept.id))
            if prepared.operation.kind == .create, let own = prepared.namedID, !own.utf8.elementsEqual(kept.id.utf8) {
                merged[OwnWrites.Key(entity: schema.entity.name, id: own)] = kept.id
            }
            return (kept.id, .accepted(Acceptance(kept)))
        }
        guard prepared.faults.isEmpty else { return (prepared.namedID, .rejected(.invalid(prepared.faults))) }
        var step = Step(prepared, schema)
        if step.operation.kind != .delete, let holder = merged[step.key] { step.id = holder }
        if transaction.hasConflicts, let earlier = try transaction.conflict(prepared.identity.conflictID) {
            guard earlier.isOpen else { return (step.id, try refused(step, by: earlier, in: transaction)) }
            step.isRetry = true
        }
        let outcome = try carryOut(&step, in: &transaction)
        return (step.id, try kept(outcome, of: step, in: &transaction))
    }

    /// A person has decided that the record stays as it is: a copy of the operation that comes later changes nothing, and a
    /// client that has not heard of the conflict does so now.
    private func refused(
        _ step: Step, by settled: StoredConflict, in transaction: WriteTransaction
    ) throws -> OperationResult.Outcome {
        guard settled.fingerprint == step.identity.fingerprint else { return .rejected(.opIDReuse) }
        var conflict = Conflict.settled(try transaction.record(step.id, of: step.schema.entity), step.policy)
        conflict.id = settled.id
        return .conflict(conflict)
    }

    // MARK: - One operation

    private struct Step {
        let operation: Operation
        let content: Document
        let schema: Schema
        let identity: OperationIdentity
        /// `data.id`
        let namedID: String?
        /// The record that the operation itself is about.
        let ownID: String
        /// The record's id; a create that is merged into another record changes it.
        var id: String
        /// It was refused before.
        var isRetry = false

        init(_ prepared: PreparedOperation, _ schema: Schema) {
            operation = prepared.operation
            content = prepared.content
            identity = prepared.identity
            self.schema = schema
            namedID = prepared.namedID
            ownID = prepared.ownID
            id = ownID
        }

        /// Whether it is carried out on another record than the one that it names.
        var isMerged: Bool { namedID.map { !$0.utf8.elementsEqual(id.utf8) } ?? false }
        var key: OwnWrites.Key { OwnWrites.Key(entity: operation.entity, id: id) }
        var policy: ConflictPolicy { schema.conflicts }
    }

    private mutating func carryOut(_ step: inout Step, in transaction: inout WriteTransaction) throws -> OperationResult.Outcome {
        let record = try transaction.record(step.id, of: step.schema.entity)
        let grave = record == nil ? try transaction.grave(step.id, of: step.schema.entity) : nil
        let before = ownWrites.before(step.key, record)
        let edit = try edit(step, before, tombstone: record?.version ?? grave, in: transaction)
        let decision = Decision.decide(
            edit, on: record, isBuried: grave != nil, before: before, policy: step.policy, deletes: step.schema.deletes)
        switch decision {
        case .noop:
            return .accepted(Acceptance(status: .noop, version: record?.version))
        case .conflict(let kind, let resolution, let fields):
            return .conflict(.refused(kind, resolution, fields, record, step.policy))
        case .delete(let overwritten):
            guard let record else { return .accepted(Acceptance(status: .noop, version: nil)) }
            let tombstone = try transaction.delete(id: step.id, of: step.schema.entity, over: record, by: edit.author)
            ownWrites.add(step.key, over: record, version: tombstone.version, isStoredAsSent: true)
            return .accepted(Acceptance(status: .applied, version: tombstone.version, overwritten: Overwritten.json(overwritten)))
        case .write(let content, let isMerged, let overwritten):
            return try write(content, isMerged, overwritten, of: &step, edit, over: record, in: &transaction)
        }
    }

    private func edit(_ step: Step, _ before: Writes?, tombstone: Version?, in transaction: WriteTransaction) throws -> Edit {
        let operation = step.operation
        return Edit(
            kind: operation.kind, content: step.content,
            author: Author(client: operation.client, edited: min(operation.timestamp, transaction.now)),
            // What is merged into another record was not made on that one.
            base: step.isMerged ? .zero : try seen.base(of: operation, over: before?.record.version, in: transaction),
            isRetry: step.isRetry,
            knowsTombstone: ownWrites.contains(step.key) || (tombstone != nil && operation.baseVersion == tombstone))
    }

    private mutating func write(
        _ content: Document, _ isMerged: Bool, _ overwritten: [Overwritten], of step: inout Step, _ edit: Edit, over record: StoredRecord?,
        in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        do {
            let stored = try writer.put(content, id: step.id, step.schema, over: record, by: edit.author, in: &transaction)
            let live = record.flatMap { $0.isDeleted ? nil : $0.content }
            let asSent = live.map { $0.applying(edit.content) } ?? edit.content
            // A client changes nothing by itself for what was merged, even if nothing of its edit was discarded.
            let isStoredAsSent = !isMerged && step.namedID == step.id && stored.content == asSent
            ownWrites.add(step.key, over: record, version: stored.version, isStoredAsSent: isStoredAsSent)
            return .accepted(
                Acceptance(status: isMerged ? .merged : .applied, version: stored.version, overwritten: Overwritten.json(overwritten)))
        } catch let error as ValidationError {
            // Valid by itself and invalid together with another's change is nobody's fault.
            guard isMerged else { return .rejected(.invalid(error.faults, record)) }
            return .conflict(.unmergeable(error.faults, edit.content.names, record, step.policy))
        } catch let error as LimitError {
            return .rejected(.overLimit(error, record))
        } catch let violation as UniqueViolation {
            guard violation.rule.mergesCreates, record == nil, edit.kind == .create else {
                return .conflict(.constraint(violation, record))
            }
            return try merge(&step, by: edit.author, into: violation.holder, in: &transaction)
        }
    }

    /// Carries a create out as an edit of the record that is in its way.
    private mutating func merge(
        _ step: inout Step, by author: Author, into holder: String, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        step.id = holder
        let outcome = try carryOut(&step, in: &transaction)
        if case .accepted = outcome, let own = step.namedID {
            // Its client has a record under its own id, and may know of no results: it hears that this one is gone.
            merged[OwnWrites.Key(entity: step.operation.entity, id: own)] = holder
            try transaction.delete(id: own, of: step.schema.entity, over: nil, by: author)
            ownWrites.addMerged()
        }
        return outcome
    }

    // MARK: - What is kept of it

    /// Keeps the outcome under the operation's identity, and the conflict if it is one.
    private func kept(
        _ outcome: OperationResult.Outcome, of step: Step, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        switch outcome {
        case .rejected: return outcome
        case .conflict(var conflict):
            conflict.id = step.identity.conflictID
            var body: [UInt8] = []
            conflict.write(step.operation, index: nil, to: &body)
            try transaction.keep(storedConflict(step, isOpen: true, serverVersion: conflict.server?.version, body))
            return .conflict(conflict)
        case .accepted(let acceptance):
            try transaction.keep(
                KeptOutcome(
                    status: acceptance.status, id: step.id, version: acceptance.version, fingerprint: step.identity.fingerprint,
                    overwritten: acceptance.overwritten), of: step.identity.bytes, on: step.ownID)
            if !acceptance.overwritten.isEmpty {
                let body = Conflict.settledBody(step.operation, id: step.identity.conflictID, policy: step.policy, acceptance: acceptance)
                try transaction.keep(storedConflict(step, isOpen: false, serverVersion: acceptance.version, body))
            } else if step.isRetry {
                // A retry that goes through settles what it was before.
                try transaction.settle(step.identity.conflictID)
            }
            return outcome
        }
    }

    private func storedConflict(_ step: Step, isOpen: Bool, serverVersion: Version?, _ body: [UInt8]) -> StoredConflict {
        var content: [UInt8] = [UInt8(ascii: "{")]
        step.content.writeMembers(to: &content, keepingNulls: true)
        content.append(UInt8(ascii: "}"))
        return StoredConflict(
            id: step.identity.conflictID, isOpen: isOpen, entity: step.operation.entity, record: step.id, serverVersion: serverVersion,
            kind: step.operation.kind.rawValue, client: step.operation.client, content: content, body: body,
            fingerprint: step.identity.fingerprint)
    }
}

extension Acceptance {
    fileprivate init(_ kept: KeptOutcome) {
        self.init(status: kept.status, version: kept.version, overwritten: kept.overwritten, isDuplicate: true)
    }
}
