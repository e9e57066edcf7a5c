/// In the end nothing fails any more: everybody sends and fetches what there is, and then all have the same.
extension History {
    mutating func settle() throws {
        trace.add("From here on nothing fails.")
        if !server.isComplete { try server.restart(without: []) }
        oracle.away = []
        // Twice: the second time brings what the devices after this one sent.
        for _ in 0..<2 {
            for place in devices.indices { try drain(place) }
        }
        for device in devices {
            try oracle.checkConvergence(device)
        }
        try checkDatabase(after: "all of it")
        try checkConflicts()
    }

    /// Syncs until there is nothing left to send or fetch.
    private mutating func drain(_ place: Int) throws {
        for _ in 0..<1000 {
            let before = devices[place].position
            var call = devices[place].sync(pushing: 100, limit: 4)
            (call.sent, call.clock) = (now, now + devices[place].clockOffset)
            let answer = try exchange(call)
            try take(answer, call, place)
            guard answer.status == 200 else {
                throw Violation(.progress, "\(devices[place].name) is answered with \(answer.status): \(answer.body)")
            }
            // An old device knows that nothing is left when nothing comes.
            let isIdle =
                devices[place].isNew
                ? !devices[place].hasMore
                : !devices[place].hasTruePosition
                    || (devices[place].position == before && answer.body["serverChanges"].elements.isEmpty)
            if isIdle && devices[place].queue.isEmpty { return }
        }
        throw Violation(.progress, "\(devices[place].name) does not come to an end.")
    }

    /// Every refused operation is still stored, and so is everything that a policy discarded.
    private mutating func checkConflicts() throws {
        for user in oracle.users.keys.sorted() {
            let known = oracle.state(of: user).conflicts
            let open = try conflicts(of: user, "open")
            let expected = Set(known.filter(\.value.isOpen).keys)
            guard Set(open) == expected, open.count == expected.count else {
                throw Violation(.noLostWrite, "The open conflicts of \(user) are \(open.sorted()), and should be \(expected.sorted()).")
            }
            let settled = try conflicts(of: user, "settled")
            guard settled.count == known.count - expected.count else {
                throw Violation(
                    .noLostWrite, "\(user) has \(settled.count) settled conflicts, and should have \(known.count - expected.count).")
            }
        }
    }

    private mutating func conflicts(of user: String, _ state: String) throws -> [String] {
        var ids: [String] = []
        var cursor = "0"
        while true {
            let answer = try server.answer(Call(user: user, target: .conflicts(query: "state=\(state)&limit=3&cursor=\(cursor)")))
            try oracle.checkOwner(of: answer.body, user)
            ids += answer.body["conflicts"].elements.compactMap { $0["conflictId"].string }
            guard answer.body["hasMore"].isTrue else { return ids }
            let next = answer.body["cursor"].string ?? ""
            guard next != cursor else { throw Violation(.progress, "The list of conflicts stands still at \(cursor).") }
            cursor = next
        }
    }
}
