/// Small experiments with two users of their own, who do the same in another order.
extension History {
    mutating func checkLaws() throws {
        haveLawsBeenChecked = true
        try checkThatDisjointEditsCommute()
        try checkThatEqualEditsDoNotConflict()
    }

    private mutating func checkThatDisjointEditsCommute() throws {
        let key = RecordKey(entity: "merged", id: "disjoint")
        let fields = ["a", "b", "s", "c", "hi", "lo", "tags", "ask"]
        let first = chance.number(0...fields.count - 1)
        let second = (first + chance.number(1...fields.count - 1)) % fields.count
        let patches = [[fields[first]: lawValue(fields[first])], [fields[second]: lawValue(fields[second])]]
        let moments = [Int64(chance.number(-5000...5000)), Int64(chance.number(-5000...5000))]
        let start: Content = ["a": .string("law"), "hi": .integer(5), "lo": .integer(5), "tags": .array([.string("law")])]
        var results: [Content] = []
        for (user, order) in [("law1", [0, 1]), ("law2", [1, 0])] {
            let version = try law(.create, key, start, nil, by: "founder", of: user)["version"].integer ?? 0
            for edit in order {
                let result = try law(
                    .update, key, patches[edit], version, by: "editor\(edit)", of: user, moment: moments[edit], seen: start)
                guard ["applied", "merged", "noop"].contains(result["status"].string), result["overwritten"].elements.isEmpty else {
                    throw Violation(.mergeLaws, "Edits of \(fields[first]) and \(fields[second]) are in each other's way: \(result)")
                }
            }
            results.append(oracle.entry(key, of: user)?.content ?? [:])
        }
        guard results[0] == results[1] else { throw Violation(.mergeLaws, "Two orders of disjoint edits end in \(results).") }
    }

    private mutating func checkThatEqualEditsDoNotConflict() throws {
        let key = RecordKey(entity: chance.pick(realm.plainEntities), id: "equal")
        let start: Content = ["a": .string("law")]
        let patch: Content = ["a": .string("Of law2: new"), "b": .string("Of law2: too")]
        let bent: Content = ["a": .string("Of law2: bent"), "b": .string("Of law2: too")]
        let other = saboteur.sabotage == .bendsEqualEdits ? bent : patch
        let version = try law(.create, key, start, nil, by: "founder", of: "law2")["version"].integer ?? 0
        _ = try law(.update, key, patch, version, by: "one", of: "law2", seen: start)
        let second = try law(.update, key, other, version, by: "two", of: "law2", seen: start)
        guard second["status"].string == "noop" else { throw Violation(.mergeLaws, "An equal edit was answered with \(second).") }
    }

    private mutating func lawValue(_ field: String) -> Value {
        switch field {
        case "hi", "lo": .integer(Int64(chance.number(0...10)))
        case "tags": .array([.string("tag")])
        default: .string("new \(field)")
        }
    }

    private mutating func law(
        _ kind: Edit.Kind, _ key: RecordKey, _ content: Content, _ version: Int64?, by device: String, of user: String, moment: Int64 = 0,
        seen: Content = [:]
    ) throws -> Value {
        let edit = maker.scripted(kind, key, content, base: version, by: device, at: now + moment, seen: seen)
        var call = Call(user: user, target: .bulk, edits: [edit])
        call.members["deviceId"] = .string(device)
        let answer = try exchange(call)
        return answer.body["results"].elements.first ?? .null
    }
}

extension EditMaker {
    mutating func scripted(
        _ kind: Edit.Kind, _ key: RecordKey, _ content: Content, base: Int64?, by device: String, at moment: Int64, seen: Content
    ) -> Edit {
        let serial = nextSerial()
        var members: [String: Value] = [
            "opId": .string("law-\(serial)"), "entity": .string(key.entity), "operation": .string(kind.rawValue),
            "clientId": .string("c\(serial)"),
            "timestamp": .integer(moment), "data": .object(content.merging(["id": .string(key.id)]) { $1 }),
        ]
        members["baseVersion"] = base.map(Value.integer)
        return Edit(
            serial: serial, kind: kind, entity: key.entity, id: key.id, content: content, wire: .object(members),
            installation: device, client: device,
            baseVersion: base, seen: seen, copied: seen)
    }
}
