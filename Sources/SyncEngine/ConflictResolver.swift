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
    package let device: String?
    /// The record's version that the person saw, zero for none; nil if the client does not say. Without it nobody notices if the
    /// conflict was renewed between looking and deciding, by a retry of its operation.
    package let seen: Version?

    package init(conflictID: String, resolution: Resolution, data: Document, device: String?, seen: Version? = nil) {
        self.conflictID = conflictID
        self.resolution = resolution
        self.data = data
        self.device = device
        self.seen = seen
    }
}

/// What becomes of it, as JSON.
package enum ResolveAnswer: Sendable, Equatable {
    /// `{"result":{…},"record":{…}}`
    case settled([UInt8])
    /// The record has moved since: the conflict as it is now.
    case moved([UInt8])
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
        guard record?.version == conflict.serverVersion, request.seen.map({ $0 == record?.version ?? .zero }) ?? true else {
            return .moved(try refresh(conflict, record, nil, in: &transaction))
        }
        let settled: Settled
        do {
            settled = try carryOut(request, conflict, schema, record, in: &transaction)
        } catch let violation as UniqueViolation {
            return .moved(try refresh(conflict, record, violation, in: &transaction))
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

    /// A copy of an operation that was carried out after all is a replay, if it comes late.
    private func keepOutcome(_ settled: Settled, of conflict: StoredConflict, in transaction: inout WriteTransaction) throws {
        guard settled.status != .noop, let identity = OperationIdentity.bytes(ofConflict: conflict.id) else { return }
        try transaction.keep(
            KeptOutcome(
                status: settled.status, id: conflict.record, version: settled.record?.version, fingerprint: conflict.fingerprint,
                overwritten: []), of: identity)
    }

    private func carryOut(
        _ request: ResolveRequest, _ conflict: StoredConflict, _ schema: Schema, _ record: StoredRecord?,
        in transaction: inout WriteTransaction
    ) throws -> Settled {
        let author = Author(client: request.device ?? conflict.client, edited: transaction.now)
        let live = record.flatMap { $0.isDeleted ? nil : $0 }
        switch request.resolution {
        case .server: return Settled(status: .noop, record: record)
        case .client where conflict.kind == Operation.Kind.delete.rawValue:
            guard let live else { return Settled(status: .noop, record: record) }
            let tombstone = try transaction.delete(id: conflict.record, of: schema.entity, over: live, by: author)
            return Settled(status: .applied, record: tombstone)
        case .client, .merged:
            let patch = request.resolution == .merged ? Schema.content(of: request.data) : conflict.contentDocument
            let faults = schema.faults(in: patch)
            guard faults.isEmpty else { throw ValidationError(faults: faults) }
            let content = live?.content.applying(patch) ?? patch
            let stored = try writer.put(content, id: conflict.record, schema, over: record, by: author, in: &transaction)
            return Settled(status: .applied, record: stored)
        }
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

    /// Keeps the conflict anew, with the record as it stands, and returns it.
    private func refresh(
        _ conflict: StoredConflict, _ record: StoredRecord?, _ violation: UniqueViolation?, in transaction: inout WriteTransaction
    ) throws -> [UInt8] {
        guard let members = JSONMembers(minified: conflict.body) else { throw StoreError.unavailable("A stored conflict is not JSON.") }
        var body = Document(members)
        for name in ["serverVersion", "serverData", "fields", "constraint"] { body.remove(name) }
        if let record {
            body.set("serverVersion", to: record.version.value)
            body.set("serverData", to: JSONValue(kind: .object, bytes: record.document[...]))
            let client = conflict.contentDocument
            var fields: [UInt8] = []
            Conflict.writeDifferences(
                client.names.filter { client[$0] != record.content[$0] }, client: client, server: record.content, to: &fields)
            body.set("fields", to: JSONValue(kind: .array, bytes: fields[...]))
        }
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
        try transaction.keep(
            StoredConflict(
                id: conflict.id, isOpen: true, entity: conflict.entity, record: conflict.record, serverVersion: record?.version,
                kind: conflict.kind, client: conflict.client, content: conflict.content, body: json, fingerprint: conflict.fingerprint))
        return json
    }
}

extension StoredConflict {
    fileprivate var contentDocument: Document {
        JSONMembers(minified: content).map(Document.init) ?? Document()
    }
}
