import SyncEngine
import SyncTesting
import Testing

/// POST bulk: the fixed part of the contract (PROTOCOL section 1), and the results of operations (section 3).
@Suite struct BulkTests {
    @Test func anEmptyBulkOfANewUserHasTheFixedMembers() throws {
        let reply = try TestServer.sample().bulk([])
        #expect(reply.status == 200)
        #expect(reply["success"].boolean == true)
        #expect(reply.timestamp == "1970-01-01T00:00:00.000Z")
        #expect(reply["conflicts"].array.isEmpty && reply["conflicts"].exists)
        #expect(reply["serverChanges"].array.isEmpty && reply["serverChanges"].exists)
        #expect(reply["hasMore"].boolean == false)
        #expect(reply["serverTime"].string == "2026-11-18T13:46:40.000Z" || reply["serverTime"].exists)
    }

    @Test func theExampleOfTheContractWorks() throws {
        let reply = try TestServer.sample().post(
            #"{"operations":[{"entity":"tasks","operation":"create","data":{"title":"Buy milk"},"clientId":"client-123","timestamp":"2023-01-01T00:00:00.000Z"}],"lastSyncTimestamp":"2023-01-01T00:00:00.000Z"}"#
        )
        #expect(reply["success"].boolean == true)
        let change = reply["serverChanges"][0]
        #expect(change.names == ["entity", "operation", "data", "clientId", "timestamp"])
        #expect(change["operation"].string == "update")
        #expect(change["clientId"].string == "client-123")
        #expect(change["data"]["title"].string == "Buy milk")
        #expect(change["data"]["id"].string == reply["results"][0]["id"].string)
        #expect(change["data"]["updatedAt"] == change["timestamp"])
        #expect(change["data"]["createdAt"] == change["timestamp"])
        #expect(change["data"]["version"].integer == reply["results"][0]["version"].integer)
        #expect(reply.timestamp == change["timestamp"].string)
    }

    @Test func aDerivedIdIsTheSameOnAReplay() throws {
        let server = try TestServer.sample()
        let operations: [TestOperation] = [
            .create("tasks", #""title":"A""#), .create("tasks", #""title":"A""#), .create("tasks", #""title":"B""#),
        ]
        let first = try server.bulk(operations)
        let ids = first["results"].array.compactMap(\.["id"].string)
        #expect(Set(ids).count == 3)
        let replay = try server.bulk(operations)
        #expect(replay["results"].array.compactMap(\.["id"].string) == ids)
        #expect(replay.statuses == ["applied", "applied", "applied"])
        #expect(replay["results"].array.allSatisfy { $0["duplicate"].boolean == true })
        #expect(replay.timestamp == first.timestamp)
    }

    @Test func bookkeepingDoesNotChangeADerivedId() throws {
        let server = try TestServer.sample()
        let first = try server.bulk([.create("tasks", #""title":"A","_retryCount":0"#)])
        let replay = try server.bulk([.create("tasks", #""title":"A","_retryCount":1,"version":0"#)])
        #expect(first["results"][0]["id"] == replay["results"][0]["id"])
    }

    @Test func anOpIdAloneMakesTheDerivedId() throws {
        let server = try TestServer.sample()
        let first = try server.bulk([.create("tasks", #""title":"A""#, by: "a", #""opId":"op-1""#)])
        let second = try server.bulk([.create("tasks", #""title":"A""#, by: "b", #""opId":"op-1""#)])
        #expect(first["results"][0]["id"] == second["results"][0]["id"])
        #expect(first["results"][0]["opId"].string == "op-1")
    }

    @Test func serverMembersAndBookkeepingAreNotStored() throws {
        let server = try TestServer.sample()
        _ = try server.bulk([
            .create(
                "tasks",
                #""id":"t1","title":"A","_syncStatus":"pending","userId":"eve","createdAt":"1999-01-01","deletedAt":1,"mood":"good""#)
        ])
        let data = try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"]
        #expect(data.names == ["id", "title", "mood", "isFocus", "version", "createdAt", "updatedAt"])
        #expect(data["createdAt"].string?.hasPrefix("2026-11-18") == true)
    }

    @Test func anUpdateIsAPatchAndNullClears() throws {
        let server = try TestServer.sample()
        let created = try server.bulk([.create("tasks", #""id":"t1","title":"A","dueDate":"2026-12-01","isFocus":true,"x":{"y":1}"#)])
        _ = try server.bulk([.update("tasks", #""id":"t1","title":"B","dueDate":null,"isFocus":null"#)], created.since)
        let data = try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"]
        #expect(data["title"].string == "B")
        #expect(!data["dueDate"].exists)
        #expect(data["isFocus"].boolean == false)
        #expect(data["x"]["y"].integer == 1)
    }

    @Test func ofAWholeRecordOnlyWhatIsNamedAsChangedIsTaken() throws {
        let server = try TestServer.sample()
        let created = try server.bulk([.create("tasks", #""id":"t1","title":"A","isFocus":true"#)])
        _ = try server.bulk(
            [.update("tasks", #""id":"t1","title":"old","isFocus":false"#, by: "laptop", #""changed":["isFocus"]"#)], created.since)
        let data = try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"]
        #expect(data["title"].string == "A")
        #expect(data["isFocus"].boolean == false)
    }

    @Test func oneBadOperationDoesNotBlockTheOthers() throws {
        let reply = try TestServer.sample().bulk([
            .create("tasks", #""id":"t1","title":"A""#),
            .create("nots", #""id":"n1""#),
            .create("tasks", #""id":"t2","title":"""#),
            .update("tasks", #""title":"no id""#),
            .update("tasks", #""id":"t9","title":"A""#),
            .create("tasks", #""id":"t3","title":"C""#),
        ])
        #expect(reply["success"].boolean == false)
        #expect(reply.statuses == ["applied", "rejected", "rejected", "rejected", "conflict", "applied"])
        #expect(reply.conflictTypes == ["unknown_entity", "validation", "validation", "not_found"])
        #expect(reply["conflicts"].array.map(\.["index"].integer) == [1, 2, 3, 4])
        #expect(reply["conflicts"][0]["message"].string == "Entity 'nots' is unknown.")
        #expect(reply["conflicts"][1]["errors"][0]["path"].string == "data.title")
        #expect(reply["conflicts"][2]["errors"][0]["path"].string == "data.id")
    }

    @Test func aConflictEchoesTheOperationAsItWasSent() throws {
        let reply = try TestServer.sample().bulk([
            .update(
                "tasks", #""id":"t9","title":null,"_local":1"#, by: "phone", #""extra":{"a":[1,null]}"#, #""type":"mine""#,
                #""nothing":null"#)
        ])
        let conflict = reply["conflicts"][0]
        #expect(conflict["data"].names == ["id", "title", "_local"])
        #expect(conflict["clientId"].string == "phone")
        #expect(conflict["timestamp"].string == "2026-11-20T10:00:00.000Z")
        #expect(conflict["extra"]["a"][0].integer == 1)
        #expect(conflict.names.contains("nothing"))
        #expect(conflict["type"].string == "validation" || conflict["type"].string == "not_found")
    }

    @Test(arguments: [#""id":7"#, #""id":"""#, #""id":"a\u0000b""#, #""id":"\ud83d""#, #""id":{}"#])
    func anIdThatCannotBeIsRejected(id: String) throws {
        let reply = try TestServer.sample().bulk([.create("tasks", id + #","title":"A""#)])
        #expect(reply["conflicts"][0]["errors"][0]["path"].string == "data.id")
    }

    @Test func anIdHasUpTo128Bytes() throws {
        let server = try TestServer.sample()
        let long = String(repeating: "é", count: 64)
        #expect(try server.bulk([.create("tasks", #""id":"\#(long)","title":"A""#)]).statuses == ["applied"])
        #expect(try server.bulk([.create("tasks", #""id":"\#(long)x","title":"A""#)]).statuses == ["rejected"])
        #expect(try server.get("/api/v1/sync/changes").changedIDs == [long])
    }

    @Test func aRecordOverTheLimitIsTooLarge() throws {
        var limits = Limits()
        limits.maxRecordBytes = 200
        limits.maxNesting = 3
        let server = try TestServer.sample(limits: limits)
        let padding = String(repeating: "x", count: 200)
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A","pad":"\#(padding)""#)]).conflictTypes == ["too_large"])
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A","deep":{"a":{}}"#)]).conflictTypes == [])
        #expect(try server.bulk([.create("tasks", #""id":"u","title":"A","deep":{"a":{"b":{}}}"#)]).conflictTypes == ["validation"])
    }

    @Test func theHandlersRulesHold() throws {
        let server = try TestServer.sample()
        let reply = try server.bulk([
            .create("links", #""id":"l1","url":"u","label":"Forbidden""#), .create("links", #""id":"l2","url":"u","label":"ok""#),
        ])
        #expect(reply.statuses == ["rejected", "applied"])
        #expect(reply["conflicts"][0]["errors"][0]["message"].string == "'label' must not be forbidden.")
        #expect(reply["serverChanges"][0]["data"]["label"].string == "OK")
    }

    @Test func aUniqueViolationNamesTheRecordInTheWay() throws {
        let server = try TestServer.sample()
        let created = try server.bulk([.create("links", #""id":"l1","url":"u""#), .create("links", #""id":"l2","url":"v""#)])
        let reply = try server.bulk([.create("links", #""id":"l3","url":"u""#), .update("links", #""id":"l2","url":"u""#)], created.since)
        #expect(reply.conflictTypes == ["constraint", "constraint"])
        #expect(reply["conflicts"][0]["constraint"]["id"].string == "l1")
        #expect(reply["conflicts"][0]["constraint"]["rule"].string == "unique(url)")
        #expect(!reply["conflicts"][0]["serverData"].exists)
        #expect(reply["conflicts"][1]["serverData"]["url"].string == "v")
        #expect(
            try server.bulk([.delete("links", "l1"), .update("links", #""id":"l2","url":"u""#)], created.since).statuses == [
                "applied", "applied",
            ])
    }
}
