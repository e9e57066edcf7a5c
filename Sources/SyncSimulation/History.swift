// A history: some users with some devices, and a few dozen things that happen to them and to the server, all drawn from one
// seed. Whatever the server answers, the oracle looks at it and at what really changed.

import SyncEngine
import SyncKit
import SyncStore

/// One run, from an empty database to the point where everybody has everything.
struct History {
    var chance: Chance
    let realm: Realm
    var server: SimulatedServer
    var oracle: Oracle
    var devices: [Device] = []
    var maker: EditMaker
    var saboteur: Saboteur
    /// Calls that the network still has; they arrive when nobody waits for them any more.
    var late: [Call] = []
    var backups: [(name: String, oracle: Oracle)] = []
    /// Calls that the server has answered; a copy may come at any time.
    var past: [Call] = []
    /// Users with one device whose operations tell that they are its own: they never conflict.
    var haveLawsBeenChecked = false
    var loners: Set<String> = []
    var trace: Trace

    /// - Throws: ``Violation``; what the store throws if it cannot be opened.
    init(seed: UInt64, in world: World, sabotage: Sabotage? = nil, isTraced: Bool = false) throws {
        chance = Chance(seed: seed)
        realm = chance.pick(world.realms)
        server = try SimulatedServer(world, realm, limits: Self.limits(&chance))
        oracle = Oracle(
            sabotage == .tightensASchema ? realm.schemas.map { $0.entity == Dropped().entity ? Schema(Tightened()) : $0 } : realm.schemas)
        maker = EditMaker(schemas: [chance.pick(realm.schemas)] + chance.some(realm.schemas, percent: 50))
        saboteur = Saboteur(sabotage)
        trace = Trace(isKept: isTraced)
        makeDevices()
    }

    /// Small pages for devices that do not say what they want, small answers, and now and then little room.
    private static func limits(_ chance: inout Chance) -> Limits {
        var limits = Limits()
        limits.defaultPageRecords = chance.pick([1, 2, 3, 5, 20, 500])
        if chance.isTrue(20) { limits.maxPageBytes = chance.number(100...1000) }
        if chance.isTrue(10) { limits.quotas["default"] = Quota(maxRecords: chance.number(3...10)) }
        return limits
    }

    private mutating func makeDevices() {
        for user in World.users.prefix(chance.number(1...3)) {
            let count = chance.number(1...4)
            for number in 0..<count {
                let name = "\(user)-d\(number)"
                // Now and then two installations have the same name.
                let twin = chance.isTrue(20) ? devices.last { $0.user == user && $0.isNew } : nil
                var device = Device(
                    name: name, wireName: twin?.wireName, user: user,
                    kind: twin?.kind ?? (chance.isTrue(45) ? .new : chance.pick(Device.Kind.allCases)))
                device.clockOffset = Int64(chance.isTrue(20) ? chance.number(-3_600_000...3_600_000) : chance.number(-100_000...100_000))
                if device.isNew && chance.isTrue(25) { device.filter = filter() }
                devices.append(device)
            }
            if count == 1, let device = devices.last, isAlone(device) { loners.insert(user) }
        }
    }

    /// Whether the server can tell a device's own writes. With a fresh name for each it takes the version in a record, which an old
    /// device hears from its page: a small page may not have room for it.
    private func isAlone(_ device: Device) -> Bool {
        device.kind == .oldWithFreshClientsAndVersions
            ? server.limits.defaultPageRecords >= 20 && server.limits.maxPageBytes >= 10_000 : !device.hasFreshClients
    }

    mutating func filter() -> [String] {
        let names = maker.schemas.map(\.entity.name)
        return Array(Set(chance.some(names, percent: 50) + [chance.pick(names)])).sorted()
    }

    var now: Int64 { server.now }

    mutating func run() throws {
        let lawAt = chance.number(0...29)
        for step in 0..<chance.number(30...80) {
            if chance.isTrue(80) { server.wait(milliseconds: Int64(chance.number(0...3000))) }
            if step >= lawAt && !haveLawsBeenChecked && server.isComplete { try checkLaws() }
            try takeStep()
        }
        try settle()
    }

    // MARK: - Requests

    /// A call reaches the server, and the answer comes out; the oracle looks at both.
    mutating func exchange(_ call: Call) throws -> Answer {
        if !call.edits.isEmpty && call.spoiling == nil { remember(call) }
        var answer = try server.answer(saboteur.bend(call, oracle))
        answer = saboteur.bend(answer, to: call, oracle)
        try look(at: answer, to: call)
        return answer
    }

    private mutating func remember(_ call: Call) {
        past.append(call)
        if past.count > 40 { past.removeFirst() }
    }

    /// As ``look(at:to:)``, for calls of one user that shared a commit.
    mutating func look(at answers: [Answer], to calls: [Call]) throws {
        var accepted: [Oracle.Acceptance] = []
        for (answer, call) in zip(answers, calls) {
            trace.add("\(call.user) \(call.target) \(call.body)\n    -> \(answer.status) \(answer.body)")
            guard answer.status == 200 else { continue }
            if !call.edits.isEmpty { remember(call) }
            accepted += try oracle.accept(answer, to: call, at: now)
        }
        for (answer, call) in zip(answers, calls) where answer.status == 200 { try oracle.checkPage(answer, to: call) }
        let feed = try feed(of: calls[0].user, after: oracle.head(of: calls[0].user))
        try oracle.observe(feed.changes, head: feed.head, accepted, of: calls[0].user)
    }

    /// What changed, and whether the answer to a bulk says so.
    mutating func look(at answer: Answer, to call: Call) throws {
        trace.add("\(call.user) \(call.target) \(call.body)\n    -> \(answer.status) \(answer.body)")
        // Without operations there is nothing to be written; what is broken there shows at the next call.
        guard !call.edits.isEmpty || answer.status != 200 else { return try oracle.checkPage(answer, to: call) }
        let feed = try feed(of: call.user, after: oracle.head(of: call.user))
        guard answer.status == 200 else {
            guard feed.changes.isEmpty, feed.head >= oracle.head(of: call.user) else {
                throw Violation(.errorChangesNothing, "The answer \(answer.status) changed \(feed.changes.map(\.key)).")
            }
            return
        }
        try checkLoner(answer, call)
        let accepted = try oracle.accept(answer, to: call, at: now)
        try oracle.checkPage(answer, to: call)
        try oracle.observe(feed.changes, head: feed.head, accepted, of: call.user)
    }

    private func checkLoner(_ answer: Answer, _ call: Call) throws {
        guard loners.contains(call.user) else { return }
        let state = oracle.state(of: call.user)
        for conflict in answer.body["conflicts"].elements where ["stale", "exists", "deleted"].contains(conflict["type"].string) {
            // Nothing tells that the record is its own, if it creates that again under a fresh name.
            let isFresh = devices.contains { $0.user == call.user && $0.hasFreshClients }
            if isFresh && conflict["type"].string == "exists" { continue }
            // Its position alone speaks for it, and says nothing of an entity that was away.
            if isFresh && oracle.hasSwapped { continue }
            // What its device has done since is newer than an edit that comes once more.
            if let index = conflict["index"].integer, case let edit = call.edits[Int(index)] {
                if state.conflictIDs[edit.serial] != nil || state.rejected[edit.serial] != nil { continue }
                if edit.baseVersion ?? 0 == 0, let key = edit.key, state.strange.contains(key) { continue }
                // A device creates again what it has deleted itself, and cannot change it. The tombstone may be that of a merged create.
                if conflict["type"].string == "deleted" {
                    if oracle.schemas[edit.entity]?.handler.uniqueRules.contains(where: \.mergesCreates) ?? false { continue }
                    guard edit.kind == .create, let key = edit.key, state.records[key]?.writer == edit.client else { continue }
                }
                // The server forgets an edit after the retention. It does not recognise a later copy, nor the edits that follow it.
                if call.edits.contains(where: { $0.key == edit.key && state.forgotten.contains($0.serial) }) { continue }
                let writers = edit.key.flatMap { state.records[$0] }?.writers.values.compactMap(\.serial) ?? []
                if !state.forgotten.isDisjoint(with: writers) { continue }
            }
            throw Violation(.mergeLaws, "\(call.user) has one device, and it is in conflict with itself: \(conflict)")
        }
    }

    /// The user's feed as it is in the database, tombstones included.
    func feed(of user: String, after head: Int64) throws -> (changes: [Oracle.Change], head: Int64) {
        var changes: [Oracle.Change] = []
        var position = max(head, 1)
        while true {
            let answer = try server.answer(Call(user: user, target: .changes(query: "since=\(position)&limit=1000")))
            guard answer.status == 200, let next = answer.body["timestamp"].date else {
                throw Violation(.progress, "The feed of \(user) cannot be read: \(answer)")
            }
            // Records of an entity that has returned come whatever their versions.
            changes += answer.body["serverChanges"].elements.compactMap(Oracle.Change.init).filter { $0.entry.version > head }
            guard answer.body["hasMore"].isTrue else { return (changes, next) }
            position = next
        }
    }

    /// The database has what the oracle knows, for every user.
    mutating func checkDatabase(after event: String) throws {
        for user in oracle.users.keys.sorted() {
            let expected = oracle.state(of: user).records.filter { !$0.value.isPurged && !server.isAway($0.key.entity) }
            let feed = try feed(of: user, after: 0)
            let found = Dictionary(feed.changes.map { ($0.key, $0.entry) }) { $1 }
            for key in Set(expected.keys).union(found.keys).sorted() {
                guard let entry = expected[key], let other = found[key], entry.version == other.version, entry.content == other.content,
                    entry.isDead == other.isDead
                else {
                    throw Violation(
                        .noLostWrite,
                        "After \(event), \(key) of \(user) is \(found[key].map { "\($0)" } ?? "gone"), and was \(expected[key].map { "\($0)" } ?? "not there")."
                    )
                }
            }
        }
    }
}

/// What happened, as text, for whoever has to understand a violation.
struct Trace {
    let isKept: Bool
    private(set) var lines: [String] = []

    init(isKept: Bool) { self.isKept = isKept }

    mutating func add(_ line: @autoclosure () -> String) {
        if isKept { lines.append(line().replacing(#/"(cursor|epoch)":"[^"]*",?/#, with: "")) }
    }
}
