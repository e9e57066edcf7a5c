// A bulk is one step of a write transaction, and each operation of it one of these: recognise a replay, find how far its client
// had seen the record, decide, store, and keep the outcome or the refusal under the operation's identity.

import JSON
import SyncKit
import SyncStore

/// Applies the operations of one request, one after the other.
struct BulkWriter {
    private let writer: RecordWriter
    private let maxOperations: Int
    private var view: ClientView
    private(set) var ownWrites: OwnWrites
    private var room = AnswerRoom()
    private var hasRejected = false
    /// Whether clients that write without a device's name have done so before; of each it is asked once.
    private var recognised: [String: Bool] = [:]
    /// The ids of the records into which creates of this request were merged, by the record that they were to create: what
    /// the client did to its own record afterwards, it did to that one.
    private var merged: [OwnWrites.Key: String] = [:]

    /// - Parameter maxOperations: how many operations are carried out; those after them are rejected.
    init(limits: Limits, quota: Quota, view: ClientView, maxOperations: Int) {
        self.view = view
        self.maxOperations = maxOperations
        ownWrites = OwnWrites(head: view.bounds.head)
        writer = RecordWriter(limits: limits, quota: quota)
    }

    /// - Throws: what the database throws; no operation has been carried out then. An operation that is wrong itself is
    ///   a result.
    mutating func apply(_ operations: [PreparedOperation], to transaction: inout WriteTransaction) throws -> [OperationResult] {
        var results: [OperationResult] = []
        results.reserveCapacity(operations.count)
        for (index, prepared) in operations.enumerated() {
            let (id, outcome) =
                index < maxOperations
                ? try apply(prepared, to: &transaction) : try refuse(prepared, .tooMany(maxOperations), in: &transaction)
            results.append(OperationResult(index: index, operation: prepared.operation, id: id, outcome: outcome))
        }
        if hasRejected { try transaction.forgetOldRejections() }
        return results
    }

    private mutating func apply(
        _ prepared: PreparedOperation, to transaction: inout WriteTransaction
    ) throws -> (id: String?, OperationResult.Outcome) {
        guard let schema = prepared.schema else { return try refuse(prepared, .unknownEntity(prepared.operation.entity), in: &transaction) }
        let identity = prepared.identity
        if let kept = try transaction.outcome(of: identity.bytes, on: prepared.ownID) {
            guard kept.fingerprint == identity.fingerprint else { return (prepared.namedID, try reused(prepared, schema, transaction)) }
            // A delete found nothing to delete, and the create before it, refused then, has gone through in this request.
            let isOvertaken =
                kept.status == .noop && prepared.operation.kind == .delete
                && ownWrites.contains(OwnWrites.Key(entity: schema.entity.name, id: kept.id))
            if !isOvertaken { return (kept.id, .accepted(try replay(kept, of: prepared, schema, transaction))) }
        }
        let refusal = transaction.hasRefusals ? try transaction.refusal(of: identity.bytes) : nil
        if let refusal, !refusal.isRejected, refusal.fingerprint != identity.fingerprint {
            return (prepared.namedID, try reused(prepared, schema, transaction))
        }
        guard prepared.faults.isEmpty else {
            return try refuse(prepared, .invalid(prepared.faults, try recordNamed(by: prepared, schema, transaction)), in: &transaction)
        }
        var step = Step(prepared, schema, refusal)
        if step.operation.kind != .delete, let holder = merged[step.key] { step.id = holder }
        if transaction.hasConflicts, let earlier = try transaction.conflict(identity.conflictID), !earlier.isOpen {
            return (step.id, try refused(step, by: earlier, in: transaction))
        }
        let outcome = try carryOut(&step, in: &transaction)
        return (step.id, try kept(outcome, of: step, in: &transaction))
    }

    /// An operation that was accepted before changes nothing and is answered as then.
    private mutating func replay(
        _ kept: KeptOutcome, of prepared: PreparedOperation, _ schema: Schema, _ transaction: WriteTransaction
    ) throws -> Acceptance {
        // An equal content is no write of its client's, nor is a person's decision.
        let isOwn = kept.status != .noop && kept.overwritten != KeptOutcome.decided
        ownWrites.addReplay(
            OwnWrites.Key(entity: schema.entity.name, id: kept.id), version: isOwn ? kept.version : nil, isProven: kept.overwritten.isEmpty)
        if prepared.operation.kind == .create, let own = prepared.namedID, !own.isIdentical(to: kept.id) {
            merged[OwnWrites.Key(entity: schema.entity.name, id: own)] = kept.id
        }
        var acceptance = Acceptance(status: kept.status, version: kept.version, overwritten: kept.overwritten, isDuplicate: true)
        switch kept.overwritten {
        case KeptOutcome.nothing, KeptOutcome.decided: acceptance.overwritten = []
        case KeptOutcome.elsewhere: acceptance.overwritten = try transaction.conflict(prepared.identity.conflictID)?.overwritten ?? []
        default: break
        }
        room.complete(&acceptance)
        return acceptance
    }

    private mutating func reused(
        _ prepared: PreparedOperation, _ schema: Schema, _ transaction: WriteTransaction
    ) throws -> OperationResult.Outcome {
        rejected(.opIDReuse(try recordNamed(by: prepared, schema, transaction)), prepared)
    }

    /// The record that `data.id` names.
    private func recordNamed(by prepared: PreparedOperation, _ schema: Schema, _ transaction: WriteTransaction) throws -> StoredRecord? {
        guard let id = prepared.namedID else { return nil }
        return try transaction.record(id, of: schema.entity)
    }

    private mutating func rejected(_ conflict: Conflict, _ prepared: PreparedOperation) -> OperationResult.Outcome {
        var conflict = conflict
        room.complete(
            &conflict, of: OwnWrites.Key(entity: prepared.operation.entity, id: prepared.ownID), client: prepared.operation.data)
        return .rejected(conflict)
    }

    /// Rejects an operation before the record is looked at, and remembers the view of its client: it may pass later.
    private mutating func refuse(
        _ prepared: PreparedOperation, _ conflict: Conflict, in transaction: inout WriteTransaction
    ) throws -> (String?, OperationResult.Outcome) {
        let identity = prepared.identity.bytes
        var horizon = try view.horizon(of: prepared.operation, over: nil, isNamed: true, in: transaction)
        if transaction.hasRefusals, let earlier = try transaction.refusal(of: identity) {
            guard earlier.isRejected else { return (prepared.namedID, rejected(conflict, prepared)) }
            horizon = horizon.limited(by: earlier, isIssued: true)
        }
        try remember(horizon, of: prepared.operation, prepared.identity, on: prepared.ownID, isRejected: true, in: &transaction)
        return (prepared.namedID, rejected(conflict, prepared))
    }

    /// A person has decided that the record stays as it is: a copy of the operation that comes later changes nothing, and a
    /// client that has not heard of the conflict does so now.
    private mutating func refused(
        _ step: Step, by settled: StoredConflict, in transaction: WriteTransaction
    ) throws -> OperationResult.Outcome {
        guard settled.fingerprint == step.identity.fingerprint else { return rejected(.opIDReuse(nil), step.prepared) }
        var conflict = Conflict.settled(try transaction.record(step.id, of: step.schema.entity), step.policy)
        conflict.id = settled.id
        room.complete(&conflict, of: step.key, client: step.operation.data)
        return .conflict(conflict)
    }

    // MARK: - One operation

    private struct Step {
        let prepared: PreparedOperation
        let schema: Schema
        /// The record's id; a create that is merged into another record changes it.
        var id: String
        /// It was refused before.
        let refusal: Refusal?
        /// How far its client had seen the record, when that is known.
        var horizon = Horizon(others: .zero, own: .zero, ownClaimed: .zero)

        init(_ prepared: PreparedOperation, _ schema: Schema, _ refusal: Refusal?) {
            self.prepared = prepared
            self.schema = schema
            self.refusal = refusal
            id = prepared.ownID
        }

        var operation: Operation { prepared.operation }
        var content: Document { prepared.content }
        var identity: OperationIdentity { prepared.identity }
        /// Whether it is carried out on another record than the one that it names.
        var isMerged: Bool { prepared.namedID.map { !$0.isIdentical(to: id) } ?? false }
        var key: OwnWrites.Key { OwnWrites.Key(entity: operation.entity, id: id) }
        var policy: ConflictPolicy { schema.conflicts }
    }

    private mutating func carryOut(_ step: inout Step, in transaction: inout WriteTransaction) throws -> OperationResult.Outcome {
        let record = try transaction.record(step.id, of: step.schema.entity)
        if record?.isDeleted ?? true, step.operation.kind == .update, let holder = try holder(of: step, in: transaction) {
            return try carryOut(&step, on: holder, insteadOf: record, in: &transaction)
        }
        let grave = record == nil ? try transaction.grave(step.id, of: step.schema.entity) : nil
        let before = ownWrites.before(step.key, record)
        step.horizon = try horizon(of: step, before, in: transaction)
        let edit = try edit(
            step, before, tombstone: record.map { ($0.version, $0.stamp.writer) } ?? grave.map { ($0.version, $0.writer) }, in: transaction)
        let decision = Decision.decide(
            edit, on: record, isBuried: grave != nil, before: before, policy: step.policy, deletes: step.schema.deletes)
        switch decision {
        case .noop:
            // Another client's tombstone is in the way of a create that comes again, and its own is not.
            let isOwnOrNone = (record?.stamp.writer ?? grave?.writer)?.isIdentical(to: step.operation.client) ?? true
            if edit.kind == .delete, record?.isDeleted ?? true, isOwnOrNone {
                return try deleteUnknown(step, edit, over: record, in: &transaction)
            }
            return .accepted(Acceptance(status: .noop, version: record?.version))
        case .conflict(let kind, let resolution, let fields):
            return .conflict(.refused(kind, resolution, fields, record, step.policy))
        case .delete(let overwritten):
            guard let record else { return .accepted(Acceptance(status: .noop, version: nil)) }
            let tombstone = try transaction.delete(id: step.id, of: step.schema.entity, over: record, by: edit.author)
            ownWrites.add(step.key, over: record, before: before, version: tombstone.version, isStoredAsSent: true)
            return .accepted(Acceptance(.applied, tombstone.version, overwritten))
        case .write(let content, let isMerged, let overwritten):
            return try write(content, isMerged, overwritten, of: &step, edit, over: record, before, in: &transaction)
        }
    }

    /// The live record into which the create of an edit's record was merged.
    private func holder(of step: Step, in transaction: WriteTransaction) throws -> String? {
        guard step.schema.handler.uniqueRules.contains(where: \.mergesCreates),
            let holder = try transaction.holder(of: step.id, step.schema.entity),
            let record = try transaction.record(holder, of: step.schema.entity), !record.isDeleted
        else { return nil }
        return holder
    }

    /// Nothing is to be deleted, unless a create of the record was refused before: that may come again, and must find a tombstone
    /// that is newer than itself.
    private mutating func deleteUnknown(
        _ step: Step, _ edit: Edit, over record: StoredRecord?, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        guard try transaction.hasRefusedCreate(of: step.id, step.schema.entity) else {
            return .accepted(Acceptance(status: .noop, version: record?.version))
        }
        let tombstone = try transaction.delete(id: step.id, of: step.schema.entity, over: record, by: edit.author)
        ownWrites.add(step.key, over: record, before: nil, version: tombstone.version, isStoredAsSent: true)
        return .accepted(Acceptance(status: .applied, version: tombstone.version))
    }

    /// How far the operation's client had seen the record.
    private mutating func horizon(of step: Step, _ before: Writes?, in transaction: WriteTransaction) throws -> Horizon {
        let operation = step.operation
        // The client edited its own record and has seen no version of the one it is merged into.
        var horizon = try view.horizon(of: operation, over: before?.record, isNamed: !step.isMerged, in: transaction)
        if let replay = ownWrites.replay(step.key) {
            horizon.raiseOwn(to: replay.newest, isProven: replay.isProven)
            horizon.known += replay.versions.map { Horizon.Span(start: Version($0.value - 1), end: $0) }
        }
        if let follows = operation.follows, let before, before.record.newestVersion(by: operation.client) > horizon.own,
            let followed = try transaction.outcome(of: OperationIdentity.bytes(ofOpID: follows), on: step.id),
            followed.id.isIdentical(to: step.id), followed.status != .noop, let version = followed.version
        {
            // An operation of this request wrote later than the request's head: if it had seen the earlier writes, this one has too.
            let known = version <= view.bounds.head ? version : before.record.newestVersion(by: operation.client)
            horizon.raiseOwn(to: known, isProven: followed.overwritten.isEmpty)
        }
        // An edit that is made on one which had perhaps not seen the record has not seen it either.
        if let own = ownWrites.own(step.key) { horizon.own = min(horizon.own, own) }
        guard let refusal = step.refusal else { return horizon }
        let isIssued = try !refusal.isClaim && (refusal.base == .zero || transaction.hasIssued(refusal.base))
        return horizon.limited(by: refusal, isIssued: isIssued)
    }

    private mutating func edit(
        _ step: Step, _ before: Writes?, tombstone: (version: Version, writer: String)?, in transaction: WriteTransaction
    ) throws -> Edit {
        let operation = step.operation
        let isOwnTombstone =
            tombstone.map { $0.writer.isIdentical(to: operation.client) && $0.version <= step.horizon.ownClaimed } ?? false
        var edit = Edit(
            kind: operation.kind, content: step.content,
            author: author(of: operation, in: transaction),
            horizon: step.horizon,
            knowsTombstone: ownWrites.contains(step.key) || isOwnTombstone
                || (tombstone != nil && operation.baseVersion == tombstone?.version))
        if !step.horizon.isIssued, step.policy.mayAskPerson {
            edit.isRecognised = try operation.hasDevice || isRecognised(operation.client, in: transaction)
        }
        return edit
    }

    private mutating func isRecognised(_ client: String, in transaction: WriteTransaction) throws -> Bool {
        if let known = recognised[client] { return known }
        let isKnown = try transaction.knows(client: client, upTo: view.bounds.head)
        recognised[client] = isKnown
        return isKnown
    }

    private mutating func write(
        _ content: Document, _ isMerged: Bool, _ overwritten: [Overwritten], of step: inout Step, _ edit: Edit, over record: StoredRecord?,
        _ before: Writes?, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        // An edit that is valid by itself, and not together with another client's change, is no fault of its client.
        // Of the whole record, for an operation that follows this one is made on all of it.
        let awareness = before?.awareness(of: edit, changing: edit.content.names + (record?.content.names ?? [])) ?? .seen
        let isMixed = isMerged || awareness == .unseen || step.isMerged
        do {
            let stored = try writer.put(
                content, id: step.id, step.schema, over: record, by: edit.author, isChecked: !isMerged, in: &transaction)
            let live = record.flatMap { $0.isDeleted ? nil : $0.content }
            let asSent = live.map { $0.applying(edit.content) } ?? edit.content
            // A client changes nothing by itself for what was merged, even if nothing of its edit was discarded.
            // A create that has found a record is more than its client knows of.
            let isStoredAsSent =
                !isMerged && step.prepared.namedID == step.id && stored.content == asSent && (live == nil || edit.kind != .create)
            // Of a record that was deleted nothing is left that another client wrote.
            ownWrites.add(
                step.key, over: record, before: live == nil ? nil : before, version: stored.version, isStoredAsSent: isStoredAsSent,
                own: awareness == .seen ? nil : edit.horizon.own)
            if step.operation.sendsVersion { ownWrites.addSent(step.key) }
            return .accepted(Acceptance(isMerged ? .merged : .applied, stored.version, overwritten, isUnproven: awareness != .seen))
        } catch let error as ValidationError {
            guard isMixed else { return .rejected(.invalid(error.faults, record)) }
            return .conflict(.unmergeable(error.faults, edit.content.names, record, step.policy))
        } catch let error as LimitError {
            guard isMixed else { return .rejected(.overLimit(error, record)) }
            return .conflict(.unmergeable(error, edit.content.names, record, step.policy))
        } catch let violation as UniqueViolation {
            guard violation.rule.mergesCreates, record == nil, edit.kind == .create else {
                return .conflict(.constraint(violation, record))
            }
            return try merge(&step, into: violation.holder, in: &transaction)
        }
    }

    /// Carries a create out as an edit of the record that is in its way. A client of the fixed part knows of no results, and goes
    /// on with a record that is not there: what it does to that one later, it does to this one.
    private mutating func merge(
        _ step: inout Step, into holder: String, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        if let own = step.prepared.namedID, !step.schema.handler.isCache {
            try transaction.noteMerge(of: own, into: holder, step.schema.entity)
        }
        return try carryOut(&step, on: holder, insteadOf: nil, in: &transaction)
    }

    /// Carries an operation out on another record than the one that it names.
    ///
    /// - Parameter record: the tombstone of the one that it names; nil if there is nothing.
    private mutating func carryOut(
        _ step: inout Step, on holder: String, insteadOf record: StoredRecord?, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        step.id = holder
        let outcome = try carryOut(&step, in: &transaction)
        if case .rejected = outcome { return outcome }
        // One that is refused again and again has said so the first time.
        if case .conflict = outcome, step.refusal != nil { return outcome }
        guard let own = step.prepared.namedID else { return outcome }
        merged[OwnWrites.Key(entity: step.operation.entity, id: own)] = holder
        ownWrites.addMerged()
        // Its client has a record under its own id, and may know of no results: it hears that this one is gone. Of a cache
        // there would be one more for every device with each refresh.
        if !step.schema.handler.isCache {
            try transaction.delete(id: own, of: step.schema.entity, over: record, by: author(of: step.operation, in: transaction))
        }
        return outcome
    }

    private func author(of operation: Operation, in transaction: WriteTransaction) -> Author {
        Author(client: operation.client, edited: min(operation.timestamp, transaction.now))
    }

    // MARK: - What is kept of it

    /// Keeps the outcome, the conflict or the refusal under the operation's identity.
    private mutating func kept(
        _ outcome: OperationResult.Outcome, of step: Step, in transaction: inout WriteTransaction
    ) throws -> OperationResult.Outcome {
        switch outcome {
        case .rejected(let conflict):
            // Its conflict is still open, if it had one.
            let isRejected = step.refusal?.isRejected ?? true
            try remember(step.horizon, of: step.operation, step.identity, on: step.prepared.ownID, isRejected: isRejected, in: &transaction)
            return rejected(conflict, step.prepared)
        case .conflict(var conflict):
            conflict.id = step.identity.conflictID
            try remember(step.horizon, of: step.operation, step.identity, on: step.prepared.ownID, isRejected: false, in: &transaction)
            let record = conflict.server
            (conflict.server, conflict.details) = (nil, Conflict.fieldNames(conflict.fields))
            var body: [UInt8] = []
            conflict.write(step.operation, index: nil, to: &body)
            try transaction.keep(storedConflict(step, isOpen: true, serverVersion: record?.version, body))
            (conflict.server, conflict.details) = (record, [])
            room.complete(&conflict, of: step.key, client: step.operation.data)
            return .conflict(conflict)
        case .accepted(let acceptance):
            return .accepted(try kept(acceptance, of: step, in: &transaction))
        }
    }

    private mutating func kept(
        _ acceptance: Acceptance, of step: Step, in transaction: inout WriteTransaction
    ) throws -> Acceptance {
        let keepsConflict = !acceptance.overwritten.isEmpty && !step.schema.handler.isCache
        let isLong = acceptance.overwritten.count > Self.maxOutcomeBytes
        try transaction.keep(
            KeptOutcome(
                status: acceptance.status, id: step.id, version: acceptance.version, fingerprint: step.identity.fingerprint,
                overwritten: isLong
                    ? keepsConflict ? KeptOutcome.elsewhere : KeptOutcome.nothing
                    : acceptance.isUnproven && acceptance.overwritten.isEmpty ? KeptOutcome.nothing : acceptance.overwritten),
            of: step.identity.bytes, on: step.prepared.ownID)
        if step.refusal != nil { try transaction.forgetRefusal(of: step.identity.bytes) }
        if keepsConflict {
            let body = Conflict.settledBody(step.operation, id: step.identity.conflictID, policy: step.policy, acceptance: acceptance)
            try transaction.keep(storedConflict(step, isOpen: false, serverVersion: acceptance.version, body))
        } else if step.refusal != nil {
            // A retry that goes through settles what it was before.
            try transaction.settle(step.identity.conflictID)
        }
        var acceptance = acceptance
        room.complete(&acceptance)
        return acceptance
    }

    /// Longer discarded values are kept once, in the settled conflict.
    private static let maxOutcomeBytes = 1024

    private mutating func remember(
        _ horizon: Horizon, of operation: Operation, _ identity: OperationIdentity, on id: String, isRejected: Bool,
        in transaction: inout WriteTransaction
    ) throws {
        let first = horizon.firstRequest ?? Horizon.Span(start: view.bounds.head, end: transaction.head)
        let refusal = Refusal(
            base: max(.zero, min(horizon.others, transaction.head)), isClaim: horizon.isClaim || horizon.others > transaction.head,
            own: max(.zero, min(horizon.ownClaimed, transaction.head)), start: first.start, end: first.end,
            isRejected: isRejected, fingerprint: isRejected ? [] : identity.fingerprint)
        try transaction.remember(
            refusal, of: identity.bytes, creating: operation.kind == .create, record: id, entity: operation.entity)
        hasRejected = hasRejected || isRejected
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
    fileprivate init(_ status: KeptOutcome.Status, _ version: Version, _ overwritten: [Overwritten], isUnproven: Bool = false) {
        self.init(status: status, version: version, isUnproven: isUnproven)
        guard !overwritten.isEmpty else { return }
        self.overwritten = Overwritten.json(overwritten)
        overwrittenNames = Overwritten.json(overwritten, hasValues: false)
    }
}
