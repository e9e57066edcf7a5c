import SyncKit

/// What may happen next.
extension History {
    private enum Step {
        case edit, sync, resolve, check, spoiledCall, lateCall, serverClock, deviceClock, purge, backUp, restore, restart, changeFilter
        case damageCursor, reinstall, swapHandlers, syncTogether, flood
    }

    mutating func takeStep() throws {
        let step = chance.pick(weighted: [
            (30, Step.edit), (40, .sync), (5, .resolve), (3, .check), (3, .spoiledCall), (4, .lateCall), (3, .serverClock),
            (2, .deviceClock),
            (2, .purge), (2, .backUp), (1, .restore), (1, .restart), (2, .changeFilter), (1, .damageCursor), (1, .reinstall),
            (2, .swapHandlers), (4, .syncTogether), (1, .flood),
        ])
        let place = chance.number(0...devices.count - 1)
        switch step {
        case .edit: edit(place)
        case .sync: try sync(place)
        case .resolve: try resolve(place)
        case .check: try check(place)
        case .spoiledCall: try sendSpoiledCall(place)
        case .lateCall: try deliverLateCall()
        case .serverClock: server.wait(milliseconds: clockStep())
        case .deviceClock: devices[place].clockOffset += clockStep()
        case .purge: try purge()
        case .backUp: try backUp()
        case .restore: try restore()
        case .restart: try server.restart()
        case .changeFilter: devices[place].changeFilter(to: chance.isTrue(40) ? nil : filter())
        case .damageCursor: devices[place].cursor = devices[place].cursor.map { "A" + $0.dropFirst() + "A" }
        case .reinstall:
            oracle.forget(devices[place].queue, of: devices[place].user)
            devices[place].reinstall()
        case .swapHandlers: try swapHandlers()
        case .syncTogether: try syncTogether(place)
        case .flood: try flood(place)
        }
        let moment = now
        trace.add("\(step) \(devices[place].name), it is \(moment)")
    }

    private mutating func clockStep() -> Int64 {
        let size = chance.pick([10, 5_000, 600_000, 40_000_000])
        return Int64(chance.number(-size...size))
    }

    private mutating func edit(_ place: Int) {
        for _ in 0..<chance.number(1...3) {
            guard let edit = maker.edit(of: devices[place], now: now, &chance) else { return }
            devices[place].queue.append(edit)
        }
    }

    // MARK: - A device sends and asks

    private enum Fate {
        case answered, lost, answerLost, twice, delayed, killed
    }

    mutating func sync(_ place: Int) throws {
        let call = self.call(place)
        let fate = chance.pick(weighted: [
            (66, Fate.answered), (6, .lost), (8, .answerLost), (6, .twice), (8, .delayed), (4, .killed),
        ])
        trace.add("\(devices[place].name) sends, and the call is \(fate)")
        switch fate {
        case .answered: try take(try exchange(call), call, place)
        case .lost: break
        case .answerLost: _ = try exchange(call)
        case .twice:
            _ = try exchange(call)
            try take(try exchange(call), call, place)
        case .delayed: late.append(call)
        case .killed: try kill(during: call)
        }
    }

    private mutating func call(_ place: Int) -> Call {
        let limit = chance.isTrue(60) ? chance.pick([1, 1, 2, 3, 10]) : nil
        var call = devices[place].sync(pushing: chance.pick([0, 1, 2, 100]), limit: limit, alsoSendsTimestamp: chance.isTrue(20))
        (call.sent, call.clock) = (now, now + devices[place].clockOffset)
        return call
    }

    mutating func take(_ answer: Answer, _ call: Call, _ place: Int) throws {
        let isReset = answer.body["reset"].isTrue
        if saboteur.sabotage == .keepsWhatIsGone && isReset {
            // The broken device takes a reset for an ordinary page.
            devices[place].take(Answer(status: 200, body: .object(answer.body.members.filter { $0.key != "reset" })), to: call)
        } else {
            devices[place].take(answer, to: call)
        }
        if answer.status == 200 { try oracle.checkNothingMissed(devices[place]) { server.isAway($0) } }
    }

    private mutating func kill(during call: Call) throws {
        // All of the commit in half of the cases, and a part of it in the others.
        let part = chance.isTrue(50) ? 1 : Double(chance.number(0...99)) / 100
        let (answer, written) = try server.crash(during: saboteur.bend(call, oracle), written: part)
        if written == 1 {
            try look(at: saboteur.bend(answer, to: call, oracle), to: call)
        } else {
            trace.add("\(call.user) \(call.body)\n    -> killed before its commit was written")
            guard try feed(of: call.user, after: oracle.head(of: call.user)).changes.isEmpty else {
                throw Violation(.errorChangesNothing, "A commit of which \(written) was written is there after the kill.")
            }
        }
        try checkDatabase(after: "a kill")
    }

    private mutating func sendSpoiledCall(_ place: Int) throws {
        var call = self.call(place)
        call.spoiling = chance.pick(Call.Spoiling.allCases)
        let answer = try exchange(call)
        guard answer.status != 200 else {
            throw Violation(.errorChangesNothing, "A call that is \(call.spoiling.map { "\($0)" } ?? "") was accepted.")
        }
        // It keeps what it wanted to send: nothing of it was applied.
        try take(answer, call, place)
    }

    /// A call that never arrived, or a copy of one that did.
    private mutating func deliverLateCall() throws {
        if !past.isEmpty && chance.isTrue(60) {
            trace.add("A copy of an earlier call arrives.")
            let call = chance.pick(past)
            let answer = try exchange(call)
            // An operation that was refused has gone through, and its device does not know.
            let isNews = answer.body["results"].elements.contains { $0["version"] != .null && !$0["duplicate"].isTrue }
            if isNews { loners.remove(call.user) }
        } else if !late.isEmpty {
            trace.add("A late call arrives.")
            _ = try exchange(late.remove(at: chance.number(0...late.count - 1)))
        }
    }

    /// Two devices of a user send at the same moment.
    private mutating func syncTogether(_ place: Int) throws {
        let others = devices.indices.filter { $0 != place && devices[$0].user == devices[place].user }
        guard !others.isEmpty else { return }
        let places = [place, chance.pick(others)]
        let calls = places.map { call($0) }
        // A call without operations reads at once, perhaps before the other's commit.
        guard calls.allSatisfy({ !$0.edits.isEmpty }) else { return }
        trace.add("\(devices[places[0]].name) and \(devices[places[1]].name) send together")
        let bent = calls.map { saboteur.bend($0, oracle) }
        var answers = try server.answers(bent[0], bent[1])
        for index in answers.indices { answers[index] = saboteur.bend(answers[index], to: calls[index], oracle) }
        try look(at: answers, to: calls)
        for index in places.indices { try take(answers[index], calls[index], places[index]) }
    }

    // MARK: - Handlers that go and return

    private mutating func swapHandlers() throws {
        let names = Set(server.isComplete ? chance.some(maker.schemas.map(\.entity.name), percent: 40) : [])
        trace.add("restart without \(names.sorted())")
        try server.restart(without: names)
        (oracle.away, oracle.hasSwapped) = (names, true)
    }

    /// More conflicts than are kept. Seldom, for it takes as long as a whole history.
    private mutating func flood(_ place: Int) throws {
        let schema = chance.pick(maker.schemas)
        guard chance.isTrue(5), !server.isAway(schema.entity.name) else { return }
        for _ in 0..<3 {
            let edits = (0..<400).map { _ in
                maker.scripted(
                    .update, RecordKey(entity: schema.entity.name, id: "none-\(maker.nextSerial())"), [:], base: nil, by: "flooder",
                    at: now, seen: [:])
            }
            var call = Call(user: devices[place].user, target: .bulk, edits: edits)
            call.members["deviceId"] = .string("flooder")
            _ = try exchange(call)
        }
    }

    // MARK: - The server's misfortunes

    private mutating func purge() throws {
        let limit = now - Int64(chance.pick([0, 1000, 20_000, 100_000]))
        trace.add("purge before \(limit)")
        try server.purge(before: limit)
        oracle.purge(before: limit)
        // The network keeps nothing for as long as the retention.
        late.removeAll { $0.sent < limit }
        past.removeAll { $0.sent < limit }
    }

    private mutating func backUp() throws {
        let name = "backup\(backups.count).sqlite"
        try server.backUp(as: name)
        backups.append((name, oracle))
    }

    private mutating func restore() throws {
        guard !backups.isEmpty else { return }
        let backup = chance.pick(backups)
        trace.add("restore \(backup.name)")
        try server.restore(backup.name)
        oracle.restore(backup.oracle)
        // In the middle of a feed, a position from before says too much: docs/protocol, "The epoch".
        past.removeAll { $0.members["cursor"] == nil }
        late.removeAll { $0.members["cursor"] == nil }
        try checkDatabase(after: "a restore")
        for place in devices.indices where devices[place].position > 0 {
            devices[place].isAdrift = true
            guard !devices[place].isNew else { continue }
            devices[place].mayHaveGhosts = true
            // In the middle of its feed it has passed the old place of a record that the restore puts back there, and without
            // a cursor nothing says so: it has to start anew (docs/protocol, "The epoch").
            if devices[place].hasMore { devices[place].reinstall() }
        }
    }
}

extension Device {
    /// The cursor stays as it is: that the server notices is what is tried here. So do the copies, until the reset is over:
    /// a device that threw them away at once, and went back to the old filter before it asked, would lack them.
    mutating func changeFilter(to filter: [String]?) {
        guard isNew else { return }
        self.filter = filter
    }
}
