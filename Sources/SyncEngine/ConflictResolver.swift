import JSON
package import SyncKit
package import SyncStore

/// How a person, or a client for them, settles a conflict (PROTOCOL section 4).
package struct ResolveRequest: Sendable {
    package enum Resolution: String, Sendable, CaseIterable {
        /// The record stays as it is.
        case server
        /// The operation is carried out after all.
        case client
        /// `data` is carried out in the operation's place.
        case merged
    }

    package let conflictID: String
    package let resolution: Resolution
    /// The patch for `merged`.
    package let data: Document
    /// How deep `data` is nested; a flat object is 1.
    package let nesting: Int
    /// The device on which it was decided; nil if the client does not say. The write belongs to no client then.
    package let device: String?
    /// The record's version that the person saw, zero for none; nil if the client does not say. Then it must be the one that the
    /// conflict was stored with.
    package let seen: Version?

    package init(
        conflictID: String, resolution: Resolution, data: Document, nesting: Int = 1, device: String?, seen: Version? = nil
    ) {
        self.conflictID = conflictID
        self.resolution = resolution
        self.data = data
        self.nesting = nesting
        self.device = device
        self.seen = seen
    }
}

/// The outcome of a ``ResolveRequest``, as JSON.
package enum ResolveAnswer: Sendable, Equatable {
    /// `{"result":{…},"record":{…}}`
    case settled([UInt8])
    /// Nothing was changed: the reason, and the conflict as it is now.
    case refused(String, [UInt8])
    case unknown
}

/// Settles a stored conflict, if its record is still the one that the conflict was about.
struct ConflictResolver {
    let registry: Registry
    let writer: RecordWriter

    /// - Throws: `ValidationError` if what is to be stored is not valid, ``LimitError`` if there is no room for it; nothing is
    ///   changed then.
    func resolve(_ request: ResolveRequest, in transaction: inout WriteTransaction) throws -> ResolveAnswer {
        guard let conflict = try transaction.conflict(request.conflictID), let schema = registry.schema(for: conflict.entity) else {
            return .unknown
        }
        let record = try transaction.record(conflict.record, of: schema.entity)
        guard conflict.isOpen else {
            return .settled(conflict.settlement.isEmpty ? answer(.noop, record, conflict) : conflict.settlement)
        }
        guard record?.version ?? .zero == request.seen ?? conflict.serverVersion ?? .zero else {
            return try refuse(
                "The record has changed since the conflict arose. Look at it again, and decide again.", conflict, record, in: &transaction)
        }
        let settled: Settled
        do {
            settled = try carryOut(request, conflict, schema, record, in: &transaction)
        } catch let violation as UniqueViolation {
            let reason = Conflict.constraint(violation, record).message
            return try refuse(
                "\(reason) Change or delete that one first, decide for the server's side, or send 'merged' with other values.", conflict,
                record,
                violation, in: &transaction)
        } catch let error as ValidationError where record == nil || record?.isDeleted == true {
            return try refuse(
                "The record is not there any more, and the edit alone is not a whole one: \(error.faults.map(\.message).joined(separator: " ")) Send 'merged' with all of it, or decide for the server's side.",
                conflict, record, in: &transaction)
        }
        let settlement = answer(settled.status, settled.record, conflict)
        try transaction.settle(conflict.id, settlement: settlement)
        try keepOutcome(settled, of: conflict, in: &transaction)
        return .settled(settlement)
    }

    private struct Settled {
        let status: KeptOutcome.Status
        let record: StoredRecord?
    }

    /// A copy of an operation that was carried out after all is a replay, if it comes late. The person had seen the record, and
    /// the client of an operation that follows this one perhaps not.
    private func keepOutcome(_ settled: Settled, of conflict: StoredConflict, in transaction: inout WriteTransaction) throws {
        guard settled.status != .noop, let identity = OperationIdentity.bytes(ofConflict: conflict.id) else { return }
        try transaction.forgetRefusal(of: identity)
        try transaction.keep(
            KeptOutcome(
                status: settled.status, id: conflict.record, version: settled.record?.version, fingerprint: conflict.fingerprint,
                overwritten: KeptOutcome.decided), of: identity)
    }

    private func carryOut(
        _ request: ResolveRequest, _ conflict: StoredConflict, _ schema: Schema, _ record: StoredRecord?,
        in transaction: inout WriteTransaction
    ) throws -> Settled {
        // The conflict's client has not seen this write: its next edit must not take it for its own.
        let author = Author(client: request.device ?? Author.nameless, edited: transaction.now)
        let live = record.flatMap { $0.isDeleted ? nil : $0 }
        switch request.resolution {
        case .server: return Settled(status: .noop, record: record)
        case .client where conflict.kind == Operation.Kind.delete.rawValue:
            guard let live else { return Settled(status: .noop, record: record) }
            let tombstone = try transaction.delete(id: conflict.record, of: schema.entity, over: live, by: author)
            return Settled(status: .applied, record: tombstone)
        case .client, .merged:
            let isMerged = request.resolution == .merged
            let patch = isMerged ? Schema.content(of: request.data) : conflict.contentDocument
            let faults = schema.faults(ofSent: patch, nesting: isMerged ? request.nesting : 1, writer.limits)
            guard faults.isEmpty else { throw InvalidData(faults: faults) }
            let base = try live?.content ?? contentBeforeDeletion(record, transaction)
            let stored = try writer.put(
                base?.applying(patch) ?? patch, id: conflict.record, schema, over: record, by: author, isChecked: false, in: &transaction)
            return Settled(status: .applied, record: stored)
        }
    }

    private func contentBeforeDeletion(_ record: StoredRecord?, _ transaction: WriteTransaction) throws -> Document? {
        guard let record, record.isDeleted else { return nil }
        return try transaction.contentBeforeDeletion(under: record.version)
    }

    private func answer(_ status: KeptOutcome.Status, _ record: StoredRecord?, _ conflict: StoredConflict) -> [UInt8] {
        var json = Array("{\"result\":{\"entity\":".utf8)
        JSONWriter.string(conflict.entity, to: &json)
        JSONWriter.member("id", conflict.record, to: &json)
        Acceptance(status: status, version: record?.version).write(to: &json)
        json += "},\"record\":"
        json += record?.document ?? Array(JSONValue.null.bytes)
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// Keeps the conflict as one with the record as it stands, and returns it with the reason why nothing was done.
    private func refuse(
        _ reason: String, _ conflict: StoredConflict, _ record: StoredRecord?, _ violation: UniqueViolation? = nil,
        in transaction: inout WriteTransaction
    ) throws -> ResolveAnswer {
        var body = try conflict.bodyDocument
        for name in ["fields", "constraint"] { body.remove(name) }
        if let violation {
            body.set("type", to: Conflict.Kind.constraint.rawValue)
            body.set("message", to: Conflict.constraint(violation, record).message)
            var constraint: [UInt8] = []
            Conflict.write(violation, to: &constraint)
            body.set("constraint", to: JSONValue(kind: .object, bytes: constraint[...]))
        }
        var json: [UInt8] = [UInt8(ascii: "{")]
        body.writeMembers(to: &json, keepingNulls: true)
        json.append(UInt8(ascii: "}"))
        let renewed = StoredConflict(
            id: conflict.id, isOpen: true, entity: conflict.entity, record: conflict.record, serverVersion: record?.version,
            kind: conflict.kind, client: conflict.client, content: conflict.content, body: json, fingerprint: conflict.fingerprint)
        try transaction.keep(renewed)
        return .refused(reason, try ConflictView(conflict: renewed, record: record).json())
    }
}

/// Data that is wrong by itself, whatever the record.
struct InvalidData: Error {
    let faults: [ValidationError.Fault]
}
