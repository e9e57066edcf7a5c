import SyncTesting
import Testing

/// What a client sees of each conflict policy (PROTOCOL section 4).
@Suite struct PolicyRequestTests {
    private let server: TestServer

    init() throws { server = try TestServer.policies() }

    private func update(_ entity: String, _ data: String, _ base: String, at timestamp: String? = nil) throws -> Reply {
        try server.bulk([.update(entity, #""id":"r",\#(data)"#, by: "tablet", at: timestamp, base)])
    }

    @Test func serverWinsKeepsTheRecordAndTheConflict() throws {
        let base = try server.changedByLaptop("server")
        let reply = try update("server", #""title":"C""#, base)
        #expect(reply["conflicts"][0]["resolution"].string == "server_wins")
        #expect(try server.record()["title"].string == "B")
        #expect(try server.get("/api/v1/sync/conflicts")["conflicts"][0]["conflictId"] == reply["conflicts"][0]["conflictId"])
    }

    @Test func clientWinsNamesWhatItHasOverwritten() throws {
        let base = try server.changedByLaptop("client")
        let reply = try update("client", #""title":"C""#, base)
        #expect(reply.statuses == ["applied"])
        let overwritten = reply["results"][0]["overwritten"][0]
        #expect(overwritten["name"].string == "title" && overwritten["value"].string == "B" && overwritten["side"].string == "server")
        let settled = try server.get("/api/v1/sync/conflicts?state=settled")["conflicts"][0]
        #expect(settled["overwritten"][0] == overwritten)
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 0)
    }

    @Test func whatWasMergedIsSentEvenIfNothingOfTheEditIsLost() throws {
        let base = try server.changedByLaptop("merged")
        let seen = try server.bulk([])
        let reply = try server.bulk([.update("merged", #""id":"r","title":"C""#, by: "tablet", base)], seen.since)
        #expect(reply.statuses == ["merged"])
        #expect(reply["serverChanges"][0]["data"]["title"].string == "C")
    }

    @Test func lastWriteWinsComparesTheTimesOfTheEdits() throws {
        let base = try server.changedByLaptop("last")
        #expect(try update("last", #""title":"early""#, base, at: "2026-11-01").conflictTypes == ["stale"])
        #expect(try update("last", #""title":"late""#, base, at: "2026-11-21").statuses == ["applied"])
        #expect(try server.record()["title"].string == "late")
    }

    @Test func aClockThatIsAheadWinsNothing() throws {
        let created = try server.bulk([.create("last", #""id":"r","title":"A""#, by: "phone", at: "2100-01-01")])
        let base = "\"baseVersion\":0"
        server.clock.advance(milliseconds: 1000)
        #expect(try update("last", #""title":"B""#, base, at: "2099-01-01").statuses == ["applied"])
        #expect(created.statuses == ["applied"])
    }

    @Test func manualWritesNothing() throws {
        let base = try server.changedByLaptop("ask")
        let reply = try update("ask", #""title":"C""#, base)
        #expect(reply["conflicts"][0]["resolution"].string == "manual")
        #expect(reply["conflicts"][0]["policy"].string == "manual")
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 1)
    }

    @Test func aConcurrentDeleteIsAConflictWhereTheHandlerSaysSo() throws {
        let base = try server.changedByLaptop("ask")
        #expect(try server.bulk([.delete("ask", "r", by: "tablet", base)]).conflictTypes == ["stale"])
        #expect(try server.record()["title"].string == "B")
    }

    @Test func aDeleteWinsElsewhereAndNamesWhatItDiscards() throws {
        let base = try server.changedByLaptop("server")
        let reply = try server.bulk([.delete("server", "r", by: "tablet", base)])
        #expect(reply.statuses == ["applied"])
        #expect(reply["results"][0]["overwritten"][0]["value"].string == "B")
    }

    @Test func mergeKeepsWhatEitherSideAloneChanged() throws {
        let base = try server.changedByLaptop("merged", #""title":"A","from":1"#, #""title":"B""#)
        let reply = try update("merged", #""from":2"#, base)
        #expect(reply.statuses == ["merged"])
        #expect(!reply["results"][0]["overwritten"].exists)
        let record = try server.record()
        #expect(record["title"].string == "B" && record["from"].integer == 2)
    }

    @Test func mergeGivesEachFieldThatBothChangedToItsRule() throws {
        let base = try server.changedByLaptop("merged", #""title":"A","to":1,"tags":["a"]"#, #""title":"B","to":9,"tags":["a","b"]"#)
        let reply = try update("merged", #""title":"C","to":5,"tags":["a","c"]"#, base, at: "2026-11-01")
        #expect(reply.statuses == ["merged"])
        let record = try server.record()
        #expect(record["title"].string == "B")
        #expect(record["to"].integer == 9)
        #expect(record["tags"].array.map(\.string) == ["a", "b", "c"])
        #expect(Set(reply["results"][0]["overwritten"].array.compactMap(\.["name"].string)) == ["title", "to", "tags"])
    }

    @Test func aManualFieldMakesAllOfTheOperationAConflict() throws {
        let base = try server.changedByLaptop("merged", #""title":"A","text":"x""#, #""text":"y""#)
        let reply = try update("merged", #""title":"C","text":"z""#, base)
        #expect(reply["conflicts"][0]["resolution"].string == "manual")
        #expect(reply["conflicts"][0]["fields"].array.map(\.["name"].string) == ["text"])
        #expect(try server.record()["title"].string == "A")
    }

    @Test func aMergeThatBreaksTheHandlersRulesIsAConflict() throws {
        let base = try server.changedByLaptop("merged", #""title":"A","from":1,"to":10"#, #""to":12"#)
        let reply = try update("merged", #""from":20"#, base)
        #expect(reply.conflictTypes == ["stale"])
        #expect(reply["conflicts"][0]["errors"][0]["path"].string == "data.to")
        #expect(try server.record()["from"].integer == 1)
    }

    @Test func aThirdDevicesChangeOfAFieldIsNotForgotten() throws {
        let base = try server.changedByLaptop("merged", #""title":"A","text":"x""#, #""text":"y""#)
        let seen = try server.bulk([])
        _ = try server.bulk([.update("merged", #""id":"r","text":"mine""#, by: "tablet")], seen.since)
        // The tablet wrote last, but an older edit of its own knows nothing of the laptop's.
        #expect(try update("merged", #""text":"older""#, base).conflictTypes == ["stale"])
    }

    @Test func aSecondRecordOfOneThatAUserHasOnceIsAConflict() throws {
        let reply = try server.bulk([.create("one", #""id":"a","title":"A""#), .create("one", #""id":"b","title":"B""#)])
        #expect(reply.conflictTypes == ["constraint"])
        #expect(reply["conflicts"][0]["constraint"]["rule"].string == "onePerUser")
        #expect(reply["conflicts"][0]["constraint"]["id"].string == "a")
        #expect(try server.bulk([.delete("one", "a"), .create("one", #""id":"c","title":"C""#)]).statuses == ["applied", "applied"])
    }

    @Test func aSecondRecordIsMergedWhereTheHandlerSaysSo() throws {
        _ = try server.bulk([.create("cache", #""id":"a","title":"A""#, by: "phone")])
        let reply = try server.bulk([.create("cache", #""id":"b","title":"B""#, by: "laptop")])
        #expect(reply.statuses == ["applied"])
        #expect(reply["results"][0]["id"].string == "a")
        #expect(try server.record("a")["title"].string == "B")
        #expect(try !server.record("b").exists)
    }

    @Test func aClientThatKnowsNoResultsHearsThatItsOwnRecordIsGone() throws {
        let create = TestOperation.create("cache", #""id":"b","title":"B""#, by: "laptop")
        _ = try server.bulk([.create("cache", #""id":"a","title":"A""#, by: "phone")])
        let reply = try server.bulk([create])
        #expect(reply.changedIDs == ["a", "b"])
        #expect(reply["serverChanges"][1]["operation"].string == "delete")
        // Its answer was lost, and it asks again.
        let again = try server.bulk([create])
        #expect(again["results"][0]["duplicate"].boolean == true && again.changedIDs == ["a", "b"])
    }

    @Test func soItDoesIfItsRecordIsEqualToTheOneThatIsThere() throws {
        _ = try server.bulk([.create("cache", #""id":"a","title":"A""#, by: "phone")])
        let reply = try server.bulk([.create("cache", #""id":"b","title":"A""#, by: "laptop")])
        #expect(reply.statuses == ["noop"] && reply.changedIDs == ["a", "b"])
    }

    @Test func whatFollowsAMergedCreateInTheSameQueueIsMergedToo() throws {
        _ = try server.bulk([.create("cache", #""id":"a","title":"A""#, by: "phone")])
        let create = TestOperation.create("cache", #""id":"b","title":"B""#, by: "laptop")
        let reply = try server.bulk([create, .update("cache", #""id":"b","text":"more""#, by: "laptop")])
        #expect(reply["results"].array.map { $0["id"].string } == ["a", "a"])
        #expect(try server.record("a")["text"].string == "more")
        // The same if the create's answer was lost.
        #expect(try server.bulk([create, .update("cache", #""id":"b","from":1"#, by: "laptop")]).statuses == ["applied", "applied"])
        // It had a record of its own, and wants that no more.
        #expect(try server.bulk([create, .delete("cache", "b", by: "laptop")]).statuses == ["applied", "noop"])
        #expect(try server.record("a")["from"].integer == 1)
    }

    @Test func aMergedCreateWithoutAnIdLeavesNothingElse() throws {
        _ = try server.bulk([.create("cache", #""id":"a","title":"A""#, by: "phone")])
        #expect(try server.bulk([.create("cache", #""title":"B""#, by: "laptop")]).changedIDs == ["a"])
    }
}
