// The second half of a look at a request: what really changed in the database, read from the feed, against what the answer
// says that was carried out.

import SyncKit

extension Oracle {
    /// A change that is in the feed now and was not before the request.
    struct Change {
        let key: RecordKey
        let entry: Entry

        init?(_ change: Value) {
            guard let entity = change["entity"].string, let id = change["data"]["id"].string,
                let version = change["data"]["version"].integer
            else { return nil }
            key = RecordKey(entity: entity, id: id)
            let isDead = change["operation"].string == "delete"
            entry = Entry(
                version: version, isDead: isDead, content: isDead ? [:] : Content(record: change["data"]),
                writer: change["clientId"].string ?? "")
        }
    }

    /// Checks what changed, and takes it for what is.
    ///
    /// - Parameters:
    ///   - changes: the feed from the head before the request on.
    ///   - head: the user's, now.
    mutating func observe(_ changes: [Change], head: Int64, _ accepted: [Acceptance], of name: String) throws {
        let writes = accepted.filter(\.isWrite)
        let refusedAway = state(of: name).mergedAway
        let mergedAway = changes.filter { change in
            change.entry.isDead && (refusedAway.contains(change.key) || accepted.contains { $0.isMerged(awayFrom: change.key) })
        }
        for change in mergedAway { self.change(name) { $0.records[change.key] = change.entry } }
        let explained = Set(writes.map(\.key)).union(mergedAway.map(\.key))
        for change in changes where !explained.contains(change.key) {
            throw Violation(.isolation, "\(change.key) of \(name) changed, and no operation was carried out on it.")
        }
        for key in Set(accepted.map(\.key)).subtracting(mergedAway.map(\.key)).sorted() {
            let operations = accepted.filter { $0.key == key }
            let before = entry(key, of: name)
            let change = changes.first { $0.key == key }
            guard (change != nil) == operations.contains(where: \.isWrite) else {
                throw Violation(.readYourWrites, "\(key) of \(name) was acknowledged and did not change.")
            }
            let after = change?.entry ?? before
            try checkValidity(of: key, after)
            try checkUnions(key, before, after, operations)
            try checkVersion(of: key, after, operations, name)
            try checkResurrection(of: key, before, after, operations)
            try checkWritten(key, after, operations)
            try checkLost(key, before, after, operations, forgotten: state(of: name).forgotten)
            try checkLostBetween(key, after, operations)
            guard var entry = change?.entry else { continue }
            entry.writers = writers(before, entry, operations)
            self.change(name) { $0.records[key] = entry }
        }
        for key in Set(writes.map(\.key)) { try checkUniqueness(of: key, name) }
        guard head >= self.head(of: name), changes.allSatisfy({ $0.entry.version <= head }) else {
            throw Violation(.versions, "The head of \(name) is \(head) and was \(self.head(of: name)).")
        }
        takeHead(head, of: name)
    }

    /// No stored record fails its own schema, whatever was merged into it.
    private func checkValidity(of key: RecordKey, _ after: Entry?) throws {
        guard let after, !after.isDead, let schema = schemas[key.entity],
            let record = Document(json: Value.object(after.content).description)
        else { return }
        var faults = schema.faults(in: record)
        do throws(ValidationError) { _ = try schema.completed(record) } catch { faults += error.faults }
        guard faults.isEmpty else { throw Violation(.validRecords, "\(key) is stored as \(after.content), and \(faults.map(\.message)).") }
    }

    /// No two live records of a user break a unique rule together.
    private func checkUniqueness(of key: RecordKey, _ name: String) throws {
        guard let after = entry(key, of: name), !after.isDead, let rules = schemas[key.entity]?.handler.uniqueRules else { return }
        let others = state(of: name).records.filter { $0.key.entity == key.entity && $0.key != key && !$0.value.isDead }
        for rule in rules {
            let values = rule.fields.map { after.content.value($0) }
            guard !values.contains(.null) else { continue }
            for (other, entry) in others where rule.fields.map({ entry.content.value($0) }) == values {
                throw Violation(.validRecords, "\(key) and \(other) of \(name) break \(rule.name) together.")
            }
        }
    }

    /// A string that an edit leaves out of a list, and that is there as before, is named: it was perhaps removed.
    private func checkUnions(_ key: RecordKey, _ before: Entry?, _ after: Entry?, _ operations: [Acceptance]) throws {
        guard let before, let after, !before.isDead, !after.isDead, operations.count == 1, operations[0].isWrite else { return }
        for (field, value) in operations[0].edit.content where isUnion(field, of: key) && value != .null {
            let kept = Set(before.content.value(field).elements).intersection(after.content.value(field).elements)
            let isNamed = operations[0].result["overwritten"].elements.contains {
                $0["name"].string == field && $0["side"].string == "client"
            }
            guard kept.isSubset(of: value.elements) || isNamed else {
                throw Violation(
                    .noLostWrite, "\(key).\(field) was set to \(value), and still is \(after.content.value(field)): nothing names it.")
            }
        }
    }

    private func checkVersion(of key: RecordKey, _ after: Entry?, _ operations: [Acceptance], _ name: String) throws {
        guard let last = operations.last(where: \.isWrite) else { return }
        guard last.result["version"].integer == after?.version else {
            throw Violation(
                .versions, "\(key) of \(name) has version \(after?.version ?? 0), and its writer was told \(last.result["version"]).")
        }
    }

    private func checkResurrection(of key: RecordKey, _ before: Entry?, _ after: Entry?, _ operations: [Acceptance]) throws {
        guard let before, before.isDead, let after, !after.isDead else { return }
        let isKnown = operations.contains { operation in
            operation.edit.kind == .create && (operation.edit.baseVersion == before.version || operation.edit.client == before.writer)
        }
        guard isKnown else {
            throw Violation(.noResurrection, "\(key) was deleted at \(before.version) and lives again at \(after.version).")
        }
    }

    /// Every field that was written holds what was written last, unless the result names it.
    private func checkWritten(_ key: RecordKey, _ after: Entry?, _ operations: [Acceptance]) throws {
        var written: Set<String> = []
        for operation in operations.reversed() {
            guard operation.edit.kind != .delete else {
                guard written.isEmpty, operation.edit.serial == operations.last?.edit.serial else { return }
                guard after?.isDead ?? true else { throw Violation(.readYourWrites, "\(key) was deleted, and is there.") }
                return
            }
            for (field, value) in operation.edit.content where written.insert(field).inserted {
                guard isThere(value, field, of: key, after) || operation.names(field, value, side: "client") else {
                    throw Violation(.readYourWrites, "\(key).\(field) was set to \(value), and is \(after?.content.value(field) ?? .null).")
                }
            }
        }
    }

    /// A field that was cleared has its default again, which its device may not have heard of yet.
    private func knew(_ value: Value, _ field: String, of key: RecordKey, _ edit: Edit) -> Bool {
        edit.knew(value, of: field) || (value == defaults[key.entity]?.value(field) && edit.knew(.null, of: field))
            || edit.values(of: field).contains { schemas[key.entity]?.normalized(field, $0) == value }
    }

    private func isUnion(_ field: String, of key: RecordKey) -> Bool { unions[key.entity]?.contains(field) ?? false }

    private func isThere(_ value: Value, _ field: String, of key: RecordKey, _ after: Entry?) -> Bool {
        let stored = after?.content.value(field) ?? .null
        if stored == value { return true }
        if value == .null { return stored == defaults[key.entity]?.value(field) }
        if isUnion(field, of: key) { return Set(value.elements).isSubset(of: stored.elements) }
        return schemas[key.entity]?.normalized(field, value) == stored
    }

    /// Every value that is gone was seen by somebody who changed it, or is named.
    private func checkLost(
        _ key: RecordKey, _ before: Entry?, _ after: Entry?, _ operations: [Acceptance], forgotten: Set<Int>
    ) throws {
        guard let before, !before.isDead else { return }
        for (field, value) in before.content.sorted(by: { $0.key < $1.key }) where after?.content.value(field) != value {
            if isUnion(field, of: key), Set(value.elements).isSubset(of: after?.content.value(field).elements ?? []) { continue }
            let isExplained = operations.contains { operation in
                let edit = operation.edit
                guard edit.kind == .delete || edit.content[field] != nil else { return false }
                // Beyond the retention nothing is known of an edit that comes again.
                if forgotten.contains(edit.serial) { return true }
                // What an installation did after an edit that was refused is newer than that, if it comes again.
                let writer = before.writers[field]
                let isOwn = edit.installation == writer?.installation && (!operation.isRetry || writer?.serial ?? .max < edit.serial)
                let isKnown = operations.contains {
                    $0.edit.installation == edit.installation && $0.edit.serial <= edit.serial && knew(value, field, of: key, $0.edit)
                }
                return isOwn || isKnown || operation.names(field, value, side: "server")
                    || (isUnion(field, of: key) && operation.names(field, including: value))
            }
            guard isExplained else {
                throw Violation(
                    .noLostWrite,
                    "\(key).\(field) was \(value), and is \(after?.content.value(field) ?? .null): nobody saw it, nothing names it.")
            }
        }
    }

    /// A value that one installation wrote and another one replaced in the same commit was seen by it, or is named.
    private func checkLostBetween(_ key: RecordKey, _ after: Entry?, _ operations: [Acceptance]) throws {
        for (place, operation) in operations.enumerated() where operation.isWrite && operation.edit.kind != .delete {
            for (field, value) in operation.edit.content where value != .null && !isThere(value, field, of: key, after) {
                guard !operation.names(field, value, side: "client") else { continue }
                let later = operations[(place + 1)...]
                let isExplained = later.contains { other in
                    guard other.edit.kind == .delete || other.edit.content[field] != nil else { return false }
                    return other.edit.installation == operation.edit.installation || knew(value, field, of: key, other.edit)
                        || other.names(field, value, side: "server") || isUnion(field, of: key)
                        || schemas[key.entity]?.normalized(field, value).map { other.names(field, $0, side: "server") } ?? false
                }
                guard isExplained || later.isEmpty else {
                    throw Violation(
                        .noLostWrite, "\(key).\(field) was set to \(value), which is gone in the same commit: nothing names it.")
                }
            }
        }
    }

    private func writers(_ before: Entry?, _ after: Entry, _ operations: [Acceptance]) -> [String: Entry.Writer] {
        var writers = before.map { $0.isDead ? [:] : $0.writers } ?? [:]
        let last = operations.last(where: \.isWrite)
        for (field, value) in after.content {
            let writes = operations.filter { operation in
                operation.isWrite && operation.edit.content[field].map { !operation.names(field, $0, side: "client") } ?? false
            }
            // A value that is there as before may have been replaced and written again meanwhile.
            let isReplaced = writes.contains { $0.edit.content[field] != value }
            guard before?.content.value(field) != value || writers[field] == nil || isReplaced else { continue }
            let edit = (writes.last ?? last)?.edit
            writers[field] = edit.map { Entry.Writer(installation: $0.installation, serial: $0.serial) }
        }
        return writers
    }
}
