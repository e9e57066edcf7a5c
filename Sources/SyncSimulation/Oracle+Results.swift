// The first half of a look at a request: what the answer says became of each operation.

extension Oracle {
    /// An operation that was carried out, or was found to be so already.
    struct Acceptance {
        let edit: Edit
        let key: RecordKey
        let result: Value
        /// It was refused before.
        let isRetry: Bool

        /// Whether it was about this record, and became an edit of another one.
        func isMerged(awayFrom other: RecordKey) -> Bool { edit.kind != .delete && edit.key == other && key != other }

        var isWrite: Bool { result["status"].string != "noop" }

        /// Whether the result names a discarded value of a field that had all of these strings, and perhaps more.
        func names(_ field: String, including value: Value) -> Bool {
            result["overwritten"].elements.contains {
                $0["name"].string == field && $0["side"].string == "server" && Set(value.elements).isSubset(of: $0["value"].elements)
            }
        }

        /// Whether the result names a discarded value of a field.
        func names(_ field: String, _ value: Value, side: String) -> Bool {
            result["overwritten"].elements.contains {
                $0["name"].string == field && $0["side"].string == side && $0["value"] == value
            }
        }
    }

    /// Checks the results of an answer against all that is known, and returns the operations that were carried out now.
    mutating func accept(_ answer: Answer, to call: Call, at now: Int64) throws -> [Acceptance] {
        let results = answer.body["results"].elements
        guard results.count == call.edits.count else {
            throw Violation(.noLostWrite, "\(call.edits.count) operations have \(results.count) results.")
        }
        var accepted: [Acceptance] = []
        for (edit, result) in zip(call.edits, results) {
            if let acceptance = try accept(result, edit, call, answer, at: now) { accepted.append(acceptance) }
        }
        try checkBuried(accepted, call.user)
        guard answer.body["success"].isTrue == answer.body["conflicts"].elements.isEmpty else {
            throw Violation(.noLostWrite, "'success' is not whether there is no conflict.")
        }
        return accepted
    }

    private mutating func accept(_ result: Value, _ edit: Edit, _ call: Call, _ answer: Answer, at now: Int64) throws -> Acceptance? {
        let status = result["status"].string ?? ""
        if away.contains(edit.entity) {
            change(call.user) { $0.rejected[edit.serial] = now }
            guard status == "rejected" else { throw Violation(.isolation, "An entity without a handler was written to: \(result)") }
            return nil
        }
        // A delete that found nothing is judged again, if its request has written the record.
        let isJudgedAgain = edit.kind == .delete && users[call.user]?.outcomes[edit.serial]?.status == "noop" && !result["duplicate"].isTrue
        if let known = users[call.user]?.outcomes[edit.serial], !isJudgedAgain {
            guard result["duplicate"].isTrue, status == known.status, result["id"].string == known.id,
                result["version"].integer == known.version
            else {
                throw Violation(.replay, "Edit \(edit.serial) was answered with \(known), and now with \(result).")
            }
            return nil
        }
        guard !result["duplicate"].isTrue else {
            throw Violation(.replay, "Edit \(edit.serial) comes for the first time and is called a duplicate: \(result)")
        }
        guard ["applied", "merged", "noop"].contains(status) else {
            if edit.kind == .create, let key = edit.key { change(call.user) { $0.refusedCreates[edit.serial] = key } }
            if status == "rejected" { change(call.user) { $0.rejected[edit.serial] = now } }
            if status == "conflict" { try keepConflict(result, edit, call, answer, at: now) }
            return nil
        }
        return try keepOutcome(result, status, edit, call, at: now)
    }

    private mutating func keepConflict(_ result: Value, _ edit: Edit, _ call: Call, _ answer: Answer, at now: Int64) throws {
        let index = result["index"]
        let conflict = answer.body["conflicts"].elements.first { $0["index"] == index }
        guard let id = conflict?["conflictId"].string else {
            throw Violation(.noLostWrite, "Edit \(edit.serial) was refused without a stored conflict: \(result)")
        }
        if let key = edit.key, edit.kind != .delete, result["id"].string != key.id { change(call.user) { $0.mergedAway.insert(key) } }
        // What a person has settled stays so.
        if let known = state(of: call.user).conflicts[id], !known.isOpen { return }
        change(call.user) { user in
            user.keep(Conflict(isOpen: true, at: now), id)
            user.conflictIDs[edit.serial] = id
        }
    }

    /// A record whose create was refused, and that its device has deleted since, does not live when the create comes again.
    private mutating func checkBuried(_ accepted: [Acceptance], _ user: String) throws {
        let state = state(of: user)
        for (place, acceptance) in accepted.enumerated() where acceptance.edit.kind == .create && acceptance.key == acceptance.edit.key {
            let serial = acceptance.edit.serial
            let isDeletedAgain = accepted[place...].contains { $0.edit.kind == .delete && $0.key == acceptance.key }
            // Another client may have made it again.
            let isLive = state.records[acceptance.key].map { !$0.isDead } ?? false
            guard !state.buried.contains(serial) || state.forgotten.contains(serial) || isDeletedAgain || isLive else {
                throw Violation(.noResurrection, "Edit \(serial) makes a record that was deleted after it: \(acceptance.result)")
            }
        }
        for edit in accepted.map(\.edit) where edit.kind == .delete {
            let creates = state.refusedCreates.filter { $0.value == edit.key && $0.key < edit.serial }
            change(user) { $0.buried.formUnion(creates.keys) }
        }
    }

    private mutating func keepOutcome(_ result: Value, _ status: String, _ edit: Edit, _ call: Call, at now: Int64) throws -> Acceptance {
        let version = result["version"].integer
        if status != "noop" {
            guard let version else { throw Violation(.versions, "A write has no version: \(result)") }
            try note(version: version, of: call.user)
        }
        let earlier = state(of: call.user).conflictIDs[edit.serial].flatMap { state(of: call.user).conflicts[$0] }
        if let earlier, !earlier.isOpen {
            throw Violation(.replay, "Edit \(edit.serial) was settled for the server's side, and now it is answered with \(result).")
        }
        let isOverwriting = !result["overwritten"].elements.isEmpty && !caches.contains(edit.entity)
        change(call.user) { user in
            user.outcomes[edit.serial] = Outcome(status: status, id: result["id"].string, version: version, at: now)
            let conflict = user.conflictIDs[edit.serial]
            if isOverwriting {
                user.keep(Conflict(isOpen: false, at: now), conflict ?? "edit \(edit.serial)")
            } else if let conflict {
                user.conflicts[conflict]?.isOpen = false
            }
        }
        return Acceptance(
            edit: edit, key: RecordKey(entity: edit.entity, id: result["id"].string ?? ""), result: result, isRetry: earlier != nil)
    }
}
