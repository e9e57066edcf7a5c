// The rules of PROTOCOL section 4 as one pure function over the stored record, the edit and the entity's policy. A further
// policy is a further case of `resolve`; nothing else has to know of it.

import SyncKit
import SyncStore

/// What is to be done with an edit.
enum Decision: Equatable {
    /// Store this content. Merged is what holds another client's concurrent change, too.
    case write(Document, isMerged: Bool = false, overwritten: [Overwritten] = [])
    case delete(overwritten: [Overwritten] = [])
    case noop
    case conflict(Conflict.Kind, Conflict.Resolution, fields: [String] = [])

    /// - Parameters:
    ///   - record: what stands in the table; nil also for a record that was purged.
    ///   - isBuried: there was a record, and its tombstone is purged.
    ///   - before: who wrote it before this request; nil if nobody did.
    static func decide(
        _ edit: Edit, on record: StoredRecord?, isBuried: Bool = false, before: Writes?, policy: ConflictPolicy,
        deletes: DeletePolicy = .deleteWins
    ) -> Decision {
        guard let record, !record.isDeleted else { return decide(edit, onDeleted: record != nil || isBuried) }
        switch edit.kind {
        case .create: return change(edit, of: record, before, policy, otherwise: .exists)
        case .update: return change(edit, of: record, before, policy, otherwise: .stale)
        case .delete: return delete(edit, record, before, deletes)
        }
    }

    /// There is no live record.
    private static func decide(_ edit: Edit, onDeleted isDeleted: Bool) -> Decision {
        switch edit.kind {
        case .create: isDeleted && !edit.knowsTombstone ? .conflict(.deleted, .serverWins) : .write(edit.content)
        case .update: isDeleted ? .conflict(.deleted, .serverWins) : .conflict(.notFound, .none)
        case .delete: .noop
        }
    }

    private static func delete(_ edit: Edit, _ record: StoredRecord, _ writes: Writes?, _ policy: DeletePolicy) -> Decision {
        switch writes?.awareness(of: edit, changing: record.content.names) ?? .seen {
        case .seen: return .delete()
        case .claimed: return .delete(overwritten: unproven(record.content.names, edit, record, writes))
        case .unseen:
            guard policy == .deleteWins else { return .conflict(.stale, .serverWins) }
            return .delete(overwritten: discarded(record.content.names, of: record.content))
        }
    }

    private static func change(
        _ edit: Edit, of record: StoredRecord, _ writes: Writes?, _ policy: ConflictPolicy, otherwise conflict: Conflict.Kind
    ) -> Decision {
        let fields = edit.content.names.filter { edit.content[$0] != record.content[$0] }
        // Equal values never conflict.
        if fields.isEmpty { return .noop }
        guard let writes else { return .write(record.content.applying(edit.content)) }
        switch writes.awareness(of: edit, changing: fields) {
        case .seen: return .write(record.content.applying(edit.content))
        case .claimed: return replace(edit, fields, of: record, writes, policy, conflict)
        case .unseen: return resolve(edit, fields, of: record, writes, policy, conflict)
        }
    }

    /// The client says that it has seen the record, and nothing shows that it has: the edit is carried out, and each value that
    /// it replaces is listed. Where a person decides, a person is asked if the value is new.
    private static func replace(
        _ edit: Edit, _ fields: [String], of record: StoredRecord, _ writes: Writes, _ policy: ConflictPolicy, _ conflict: Conflict.Kind
    ) -> Decision {
        let unproven = fields.filter { writes.awareness(of: edit, field: $0) != .seen }
        if edit.isRecognised {
            let asked = unproven.filter { policy.asksPerson(about: $0) && writes.isRecent($0, for: edit) }
            guard asked.isEmpty else { return .conflict(conflict, .manual, fields: policy == .manual ? fields : asked) }
        }
        return .write(record.content.applying(edit.content), overwritten: Self.unproven(unproven, edit, record, writes))
    }

    /// The values of these fields that the edit's client has perhaps not seen.
    private static func unproven(_ fields: [String], _ edit: Edit, _ record: StoredRecord, _ writes: Writes?) -> [Overwritten] {
        guard let writes else { return [] }
        return fields.filter { field in
            writes.awareness(of: edit, field: field) != .seen && (record.content.contains(field) || writes.fields.isChanged(field))
        }.map { Overwritten(name: $0, value: record.content[$0], side: .server) }
    }

    /// Both sides changed the record.
    private static func resolve(
        _ edit: Edit, _ fields: [String], of record: StoredRecord, _ writes: Writes, _ policy: ConflictPolicy, _ conflict: Conflict.Kind
    ) -> Decision {
        let isLater = edit.author.edited >= writes.record.edited
        switch policy {
        case .serverWins: return .conflict(conflict, .serverWins, fields: fields)
        case .manual: return .conflict(conflict, .manual, fields: fields)
        case .lastWriteWins where !isLater: return .conflict(conflict, .serverWins, fields: fields)
        case .clientWins, .lastWriteWins:
            return .write(record.content.applying(edit.content), overwritten: discarded(fields, of: record.content))
        case .merge(let defaultRule, let rules):
            var merge = FieldMerge(edit, record, writes)
            let undecided = fields.filter { !merge.take($0, by: rules[$0] ?? defaultRule) }
            guard undecided.isEmpty else { return .conflict(conflict, .manual, fields: undecided) }
            return .write(merge.content, isMerged: true, overwritten: merge.overwritten)
        }
    }

    private static func discarded(_ fields: [String], of content: Document) -> [Overwritten] {
        fields.map { Overwritten(name: $0, value: content[$0], side: .server) }
    }
}

extension ConflictPolicy {
    /// Whether a person decides when two clients changed this field.
    func asksPerson(about field: String) -> Bool {
        switch self {
        case .manual: true
        case .merge(let rule, let rules): rules[field] ?? rule == .manual
        case .serverWins, .clientWins, .lastWriteWins: false
        }
    }

    /// Whether a person decides about any field.
    var mayAskPerson: Bool {
        switch self {
        case .manual: true
        case .merge(let rule, let rules): rule == .manual || rules.values.contains(.manual)
        case .serverWins, .clientWins, .lastWriteWins: false
        }
    }
}
