import SyncKit
import SyncStore

/// A person looks at the stored conflicts, and a device compares itself with the server.
extension History {
    mutating func resolve(_ place: Int) throws {
        let device = devices[place]
        guard device.isNew else { return }
        let list = try server.answer(Call(user: device.user, target: .conflicts(query: "state=open&limit=\(chance.number(1...5))")))
        let conflicts = list.body["conflicts"].elements
        guard !conflicts.isEmpty else { return }
        let conflict = chance.pick(conflicts)
        try oracle.checkOwner(of: conflict, device.user)
        var call = Call(user: device.user, target: .resolve)
        let resolution = chance.pick(["server", "client", "merged"])
        call.members = [
            "conflictId": conflict["conflictId"], "resolution": .string(resolution),
            "serverVersion": .integer(conflict["serverVersion"].integer ?? 0),
        ]
        // The device hears of this write from a page, so that it may be in conflict with it.
        loners.remove(device.user)
        if chance.isTrue(70) {
            call.members["deviceId"] = .string(device.wireName)
        }
        if resolution == "merged" {
            call.members["data"] = .object(
                conflict["data"].members.filter { $0.key != "id" }.merging(["unheardOf": .string("Of \(device.user): decided")]) { $1 })
        }
        // Between looking and deciding something may happen.
        if chance.isTrue(20) { try sync(chance.number(0...devices.count - 1)) }
        let answer = try settle(conflict, call)
        if answer.status == 200 && chance.isTrue(30) { try repeatSettling(call, answer) }
    }

    private mutating func settle(_ conflict: Value, _ call: Call) throws -> Answer {
        let answer = try server.answer(call)
        trace.add("\(call.user) resolves \(call.body) of \(conflict)\n    -> \(answer.status) \(answer.body)")
        let feed = try feed(of: call.user, after: oracle.head(of: call.user))
        let id = conflict["conflictId"].string ?? ""
        switch answer.status {
        case 200:
            try oracle.settle(
                conflict, answer, feed.changes, head: feed.head, of: call.user, by: call.members["deviceId"]?.string ?? "", at: now)
        default:
            guard feed.changes.isEmpty else {
                throw Violation(.errorChangesNothing, "A resolve that was answered with \(answer.status) changed something.")
            }
            let now = now
            if answer.status == 409 { oracle.change(call.user) { $0.keep(Oracle.Conflict(isOpen: true, at: now), id) } }
        }
        return answer
    }

    private mutating func repeatSettling(_ call: Call, _ first: Answer) throws {
        let again = try server.answer(call)
        guard again.body == first.body else {
            throw Violation(.replay, "A resolve was answered with \(first.body), and then with \(again.body).")
        }
        guard try feed(of: call.user, after: oracle.head(of: call.user)).changes.isEmpty else {
            throw Violation(.replay, "A resolve that came again changed something.")
        }
    }

    /// Compares counts and digests; a damaged device is mended by what comes back.
    mutating func check(_ place: Int) throws {
        guard devices[place].isIdle, server.isComplete else { return }
        let damaged = devices[place].copies.keys.sorted().first
        let isDamaged = chance.isTrue(50) && damaged != nil
        if isDamaged, let damaged { devices[place].copies[damaged] = nil }
        let answer = try server.answer(checkCall(devices[place]))
        trace.add("\(devices[place].name) checks itself, \(isDamaged ? "damaged" : "sound"): \(answer.body)")
        guard answer.status == 200, answer.body["upToDate"].isTrue else {
            // It cannot be compared now: the device starts anew, as one does whose user is in doubt.
            if isDamaged { devices[place].reinstall() }
            return
        }
        let mismatched = answer.body["mismatched"].elements.compactMap(\.string)
        guard mismatched == (isDamaged ? [damaged?.entity ?? ""] : []) else {
            throw Violation(.convergence, "\(devices[place].name) checked itself, and \(mismatched) did not match.")
        }
        if isDamaged { try mend(place, mismatched, answer.body) }
        try oracle.checkNothingMissed(devices[place]) { server.isAway($0) }
    }

    private func checkCall(_ device: Device) -> Call {
        var call = Call(user: device.user, target: .check)
        var entities: [String: Value] = [:]
        for schema in maker.schemas where device.wants(schema.entity.name) {
            let records = device.copies.filter { $0.key.entity == schema.entity.name }
            let digest = records.reduce(UInt32(0)) { $0 &+ RecordDigest.of(id: $1.key.id, version: Version($1.value.version)) }
            let text = String(digest, radix: 16)
            entities[schema.entity.name] = .object([
                "count": .integer(Int64(records.count)), "digest": .string(String(repeating: "0", count: 8 - text.count) + text),
            ])
        }
        call.members = ["timestamp": .string(isoDate(device.position)), "entities": .object(entities)]
        return call
    }

    /// Takes the pages that a check brings; the device's own cursor stays, for it stands for all entities.
    private mutating func mend(_ place: Int, _ mismatched: [String], _ first: Value) throws {
        var body = first
        devices[place].copies = devices[place].copies.filter { !mismatched.contains($0.key.entity) }
        devices[place].takePage(body)
        while body["hasMore"].isTrue {
            var call = Call(user: devices[place].user, target: .bulk)
            call.members = ["cursor": body["cursor"], "entities": .array(mismatched.map(Value.string))]
            body = try server.answer(call).body
            devices[place].takePage(body)
        }
    }
}

extension Oracle {
    /// Takes what a person decided: a copy of the operation that comes later is answered like that.
    mutating func settle(
        _ conflict: Value, _ answer: Answer, _ changes: [Change], head: Int64, of name: String, by device: String, at now: Int64
    ) throws {
        let id = conflict["conflictId"].string ?? ""
        let result = answer.body["result"]
        let key = RecordKey(entity: result["entity"].string ?? "", id: result["id"].string ?? "")
        let before = entry(key, of: name)
        guard changes.allSatisfy({ $0.key == key }) else {
            throw Violation(.isolation, "Settling a conflict of \(key) changed \(changes.map(\.key)).")
        }
        let isKnown = state(of: name).conflicts[id]?.isOpen ?? false
        if let change = changes.first {
            guard isKnown else { throw Violation(.replay, "The settled conflict \(id) changed \(key).") }
            try note(version: change.entry.version, of: name)
            let isAware =
                conflict["serverVersion"].integer == before?.version
                || (before?.isPurged ?? false && conflict["type"].string != "not_found")
            guard before == nil || isAware else {
                throw Violation(
                    before?.isDead ?? false ? .noResurrection : .noLostWrite, "A decision about another version changed \(key): \(conflict)"
                )
            }
            var entry = change.entry
            let person = Entry.Writer(installation: device, serial: nil)
            for (field, value) in entry.content {
                let isKept = before?.content.value(field) == value
                entry.writers[field] = isKept ? before?.writers[field] ?? person : person
            }
            self.change(name) { $0.records[key] = entry }
        }
        takeHead(head, of: name)
        self.change(name) { user in
            if isKnown, result["status"].string != "noop", let serial = user.conflictIDs.first(where: { $0.value == id })?.key {
                user.outcomes[serial] = Outcome(
                    status: result["status"].string ?? "", id: key.id, version: result["version"].integer, at: now)
            }
            user.conflicts[id]?.isOpen = false
        }
    }
}
