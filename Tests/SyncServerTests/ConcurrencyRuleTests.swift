import SyncTesting
import Testing

/// Which edits are concurrent, and what becomes of them under serverWins (PROTOCOL section 4).
@Suite struct ConcurrencyRuleTests {
    private let server: TestServer
    private let created: Reply

    init() throws {
        server = try TestServer.sample()
        created = try server.bulk([.create("tasks", #""id":"t1","title":"A""#, by: "phone")])
    }

    private func update(_ title: String, by client: String, _ members: String..., request: String...) throws -> Reply {
        let operation = TestOperation("update", "tasks", #""id":"t1","title":"\#(title)""#, by: client, members)
        let list = "\"operations\":[\(operation.json)]"
        return try server.post("{\(([list] + request).joined(separator: ","))}")
    }

    @Test func anEditBasedOnTheNewestVersionIsApplied() throws {
        #expect(try update("B", by: "laptop", request: created.since).statuses == ["applied"])
    }

    @Test func anEditBasedOnAnOlderVersionIsStale() throws {
        _ = try update("B", by: "laptop", request: created.since)
        let reply = try update("C", by: "phone", request: created.since)
        let conflict = reply["conflicts"][0]
        #expect(conflict["type"].string == "stale")
        #expect(conflict["policy"].string == "serverWins")
        #expect(conflict["resolution"].string == "server_wins")
        #expect(conflict["serverData"]["title"].string == "B")
        #expect(conflict["serverVersion"] == conflict["serverData"]["version"])
        #expect(conflict["fields"][0]["name"].string == "title")
        #expect(conflict["fields"][0]["client"].string == "C")
        #expect(conflict["fields"][0]["server"].string == "B")
        #expect(reply["serverChanges"][0]["data"]["title"].string == "B")
    }

    @Test func anEditWithoutAnyBaseIsBasedOnNothing() throws {
        #expect(try update("B", by: "laptop").conflictTypes == ["stale"])
    }

    @Test func aLoneClientNeverConflicts() throws {
        #expect(try update("B", by: "phone").statuses == ["applied"])
        #expect(try update("C", by: "phone", request: created.since).statuses == ["applied"])
    }

    @Test func aThirdPartysChangeIsNotForgotten() throws {
        // laptop writes, phone writes twice over it, knowing it; the tablet's change lies between.
        _ = try update("B", by: "tablet", request: created.since)
        let seen = try server.bulk([])
        _ = try update("C", by: "laptop", request: seen.since)
        #expect(try update("D", by: "laptop", request: created.since).conflictTypes == ["stale"])
    }

    @Test func theOperationsOwnBaseComesFirst() throws {
        let version = created["results"][0]["version"].integer ?? 0
        let newer = try update("B", by: "laptop", request: created.since)
        #expect(try update("C", by: "tablet", "\"baseVersion\":\(version)", request: newer.since).conflictTypes == ["stale"])
        let date = newer["timestamp"].string ?? ""
        #expect(try update("D", by: "tablet", "\"baseVersion\":\"\(date)\"").statuses == ["applied"])
    }

    @Test func theVersionInTheDataIsABase() throws {
        let version = created["results"][0]["version"].integer ?? 0
        let reply = try server.bulk([.update("tasks", #""id":"t1","title":"B","version":\#(version)"#, by: "laptop")])
        #expect(reply.statuses == ["applied"])
    }

    @Test func theCursorIsABaseForTheEntitiesOfItsFilter() throws {
        let all = try server.bulk([])
        #expect(try update("B", by: "laptop", request: all.cursor).statuses == ["applied"])
        let links = try server.get("/api/v1/sync/changes?entities=links")
        #expect(try update("C", by: "tablet", request: links.cursor, #""entities":["links"]"#).conflictTypes == ["stale"])
    }

    @Test func aResetCursorIsNoBase() throws {
        let reply = try update("B", by: "laptop", request: #""cursor":"nonsense""#)
        #expect(reply["reset"].boolean == true)
        #expect(reply["resetReason"].string == "malformed")
        #expect(reply.conflictTypes == ["stale"])
        #expect(reply.changedIDs == ["t1"])
    }

    @Test func operationsOfOneRequestNeverConflictWithEachOther() throws {
        let reply = try server.bulk([
            .create("tasks", #""id":"t2","title":"A""#, by: "op-1"),
            .update("tasks", #""id":"t2","title":"B""#, by: "op-2"),
            .update("tasks", #""id":"t2","isFocus":true"#, by: "op-3"),
            .delete("tasks", "t2", by: "op-4"),
            .create("tasks", #""id":"t2","title":"C""#, by: "op-5"),
        ])
        #expect(reply.statuses == ["applied", "applied", "applied", "applied", "applied"])
        #expect(try server.get("/api/v1/sync/changes")["serverChanges"][1]["data"]["title"].string == "C")
    }

    @Test func anEarlierOperationOfTheRequestDoesNotHideAnothersChange() throws {
        let unseen = try update("B", by: "laptop", request: created.since)
        let reply = try server.bulk(
            [
                .update("tasks", #""id":"t1","isFocus":true"#, by: "tablet", "\"baseVersion\":\"\(unseen.timestamp)\""),
                .update("tasks", #""id":"t1","title":"C""#, by: "tablet"),
            ], created.since)
        #expect(reply.statuses == ["applied", "conflict"])
    }

    @Test func theDeviceIsTheClientIfItIsNamed() throws {
        let seen = try server.bulk([])
        let first = try server.bulk([.update("tasks", #""id":"t1","title":"B""#, by: "fresh-1")], seen.since, #""deviceId":"tablet""#)
        _ = try server.bulk([.create("tasks", #""id":"t2","title":"A""#, by: "phone")])
        let reply = try server.bulk([.update("tasks", #""id":"t1","title":"C""#, by: "fresh-2")], first.since, #""deviceId":"tablet""#)
        #expect(reply.statuses == ["applied"])
        #expect(try server.get("/api/v1/sync/changes")["serverChanges"][1]["clientId"].string == "tablet")
    }

    @Test func equalValuesNeverConflict() throws {
        _ = try update("B", by: "laptop", request: created.since)
        let reply = try update("B", by: "tablet", request: created.since)
        #expect(reply.statuses == ["noop"])
        #expect(reply["results"][0]["version"].integer == reply["serverChanges"][0]["data"]["version"].integer)
    }

    @Test func anUpdateOfADeletedRecordIsAConflict() throws {
        let reply = try server.bulk([.delete("tasks", "t1", by: "laptop"), .update("tasks", #""id":"t1","title":"B""#, by: "laptop")])
        #expect(reply.conflictTypes == ["deleted"])
        #expect(reply["conflicts"][0]["serverData"]["deletedAt"].exists)
    }

    @Test func aCreateRevivesATombstoneItKnows() throws {
        let deleted = try server.bulk([.delete("tasks", "t1", by: "phone")])
        let version = deleted["results"][0]["version"].integer ?? 0
        #expect(try server.bulk([.create("tasks", #""id":"t1","title":"B""#, by: "laptop")]).conflictTypes == ["deleted"])
        let revived = try server.bulk([.create("tasks", #""id":"t1","title":"B""#, by: "laptop", "\"baseVersion\":\(version)")])
        #expect(revived.statuses == ["applied"])
        #expect(try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"]["title"].string == "B")
    }

    @Test func aSecondDeleteIsNothing() throws {
        #expect(
            try server.bulk([.delete("tasks", "t1", by: "laptop"), .delete("tasks", "t1", by: "laptop"), .delete("tasks", "t9")]).statuses
                == ["applied", "noop", "noop"])
    }
}
