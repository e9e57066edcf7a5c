/// Carries out a sabotage on the calls and answers that pass.
struct Saboteur {
    let sabotage: Sabotage?
    private var count = 0

    init(_ sabotage: Sabotage?) { self.sabotage = sabotage }

    /// What of the call reaches the server.
    mutating func bend(_ call: Call, _ oracle: Oracle) -> Call {
        guard let sabotage, case .bulk = call.target else { return call }
        count += 1
        var bent = call
        switch sabotage {
        case .forgesTheBase:
            let head = oracle.head(of: call.user)
            // Not of creates, which would revive what was deleted.
            bent.edits.rename { if $0["operation"]?.string != "create" { $0["baseVersion"] = .integer(head) } }
        case .renamesOperations: bent.edits.rename { [count] in $0["opId"] = .string("again-\(count)-\($0["timestamp"] ?? .null)") }
        case .revivesTheDead:
            bent.edits = call.edits.map { edit in
                guard edit.kind == .create, let key = edit.key, let entry = oracle.entry(key, of: call.user), entry.isDead else {
                    return edit
                }
                var edit = edit
                edit.set("baseVersion", .integer(entry.version))
                return edit
            }
        case .forgetsAWrite: if forgettable(call) != nil { bent.edits.removeLast() }
        case .splitsADevice: if call.members["deviceId"] != nil { bent.members["deviceId"] = .string("split-\(count)") }
        default: break
        }
        return bent
    }

    /// The last edit of a call, if no other one is of its record.
    private func forgettable(_ call: Call) -> Edit? {
        guard let last = call.edits.last, last.kind != .delete, let key = last.key else { return nil }
        return call.edits.filter { $0.key == key }.count == 1 ? last : nil
    }

    /// What of the answer reaches the device.
    mutating func bend(_ answer: Answer, to call: Call, _ oracle: Oracle) -> Answer {
        guard let sabotage, answer.status == 200, case .bulk = call.target else { return answer }
        var bent = answer
        var body = answer.body.members
        let changes = answer.body["serverChanges"].elements
        let results = answer.body["results"].elements
        switch sabotage {
        case .dropsAChange: if changes.count > 1 { body["serverChanges"] = .array(Array(changes.dropFirst())) }
        case .repeatsAVersion:
            body["results"] = .array(
                results.map { $0["status"].string == "applied" ? $0.with("version", .integer(($0["version"].integer ?? 1) - 60_000)) : $0 })
        case .standsStill where call.position > 0 && changes.isEmpty && call.members["deviceId"] != nil:
            (body["hasMore"], body["timestamp"]) = (.boolean(true), .string(isoDate(call.position)))
        case .leaks:
            if let foreign = oracle.anyChange(notOf: call.user) { body["serverChanges"] = .array(changes + [foreign]) }
        case .deniesWhatItDid: if !results.isEmpty { bent.status = 503 }
        case .forgetsAWrite:
            if let last = forgettable(call) {
                let version =
                    (answer.body["results"].elements.compactMap { $0["version"].integer }.max() ?? oracle.head(of: call.user)) + 100_000
                body["results"] = .array(
                    results + [
                        .object([
                            "index": .integer(Int64(call.edits.count - 1)), "entity": .string(last.entity), "id": .string(last.id ?? ""),
                            "status": .string("applied"), "version": .integer(version),
                        ])
                    ])
            }
        default: break
        }
        bent.body = .object(body)
        return bent
    }
}

extension Edit {
    fileprivate mutating func set(_ name: String, _ value: Value) {
        wire = wire.with(name, value)
    }
}

extension [Edit] {
    fileprivate mutating func rename(_ change: (inout [String: Value]) -> Void) {
        self = map { edit in
            var edit = edit
            var members = edit.wire.members
            change(&members)
            edit.wire = .object(members)
            return edit
        }
    }
}

extension Value {
    fileprivate func with(_ name: String, _ value: Value) -> Value { .object(members.merging([name: value]) { $1 }) }
}
