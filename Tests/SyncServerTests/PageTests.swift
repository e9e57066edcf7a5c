import SyncEngine
import SyncKit
import SyncTesting
import Testing

/// Versions, cursors and pages (PROTOCOL section 2).
@Suite struct PageTests {
    private let server: TestServer

    init() throws { server = try TestServer.sample() }

    private func create(_ ids: ClosedRange<Int>) throws -> Reply {
        try server.bulk(ids.map { .create("tasks", #""id":"t\#($0)","title":"A","isFocus":false"#, by: "phone") })
    }

    @Test func versionsIncreaseWhateverTheClockDoes() throws {
        let first = try create(1...3)
        server.clock.advance(milliseconds: -86_400_000)
        let second = try create(4...5)
        let versions = (first["results"].array + second["results"].array).compactMap(\.["version"].integer)
        #expect(versions == versions.sorted() && Set(versions).count == 5)
        server.clock.advance(milliseconds: 2 * 86_400_000)
        #expect(try create(6...6)["results"][0]["version"].integer == Int(server.clock.now().milliseconds))
    }

    @Test func aDeviceGetsWhatOthersWroteAndNotItsOwnWritesAgain() throws {
        let seen = try create(1...2)
        _ = try server.bulk([.create("tasks", #""id":"o1","title":"B","isFocus":true"#, by: "laptop")], seen.since)
        let reply = try server.bulk([.create("tasks", #""id":"p1","title":"C","isFocus":true"#, by: "phone")], seen.since)
        #expect(reply.changedIDs == ["o1"])
        let next = try server.bulk([], reply.since)
        #expect(next.changedIDs == [])
    }

    @Test func whatTheServerChangedIsSentBack() throws {
        let seen = try create(1...1)
        let reply = try server.bulk(
            [
                .create("tasks", #""id":"defaulted","title":"A""#),
                .create("links", #""id":"normalised","url":"u","label":"a""#),
                .create("tasks", #""title":"derived","isFocus":true"#),
                .create("tasks", #""id":"as-sent","title":"A","isFocus":true,"dueDate":null"#),
            ], seen.since)
        #expect(reply["serverChanges"].array.count == 3)
        #expect(!reply.changedIDs.contains("as-sent"))
    }

    @Test func anOwnWriteOverSomethingUnseenIsSent() throws {
        let seen = try create(1...1)
        let unseen = try server.bulk([.update("tasks", #""id":"t1","isFocus":true"#, by: "laptop")], seen.since)
        let base = "\"baseVersion\":\"\(unseen.timestamp)\""
        let reply = try server.bulk([.update("tasks", #""id":"t1","title":"B""#, by: "phone", base)], seen.since)
        #expect(reply.statuses == ["applied"])
        #expect(reply["serverChanges"][0]["data"]["isFocus"].boolean == true)
    }

    @Test func whatIsWrittenBesideAReplayIsSent() throws {
        let seen = try server.bulk([.create("links", #""id":"l1","url":"u""#, by: "phone")])
        let request = [TestOperation.create("links", #""id":"l2","url":"u""#), .delete("links", "l2")]
        #expect(try server.bulk(request, seen.since).statuses == ["conflict", "applied"])
        _ = try server.bulk([.delete("links", "l1", by: "phone")], seen.since)
        let again = try server.bulk(request, seen.since)
        // The delete came after the create: a record that its user has deleted must not live because the create passes now.
        #expect(again.statuses == ["conflict", "applied"])
        #expect(again.changedIDs == ["l2", "l1"])
    }

    @Test func aFirstSyncThatIsSentAgainTellsWhatWasDeletedMeanwhile() throws {
        let create = TestOperation.create("tasks", #""id":"t1","title":"A","isFocus":true"#, by: "phone")
        _ = try server.bulk([create])
        _ = try server.bulk([.delete("tasks", "t1", by: "laptop")], "\"lastSyncTimestamp\":\"2100-01-01\"")
        let again = try server.bulk([create])
        #expect(again["results"][0]["duplicate"].boolean == true)
        #expect(again["serverChanges"][0]["operation"].string == "delete")
    }

    @Test func aFirstSyncLeavesNothingOutButTombstones() throws {
        _ = try create(1...3)
        let reply = try server.bulk([.delete("tasks", "t2", by: "phone"), .create("tasks", #""id":"own","title":"A","isFocus":true"#)])
        #expect(reply.changedIDs == ["t1", "t3", "own"])
        for none in ["null", "0", "\"1970-01-01\""] {
            #expect(try server.bulk([], "\"lastSyncTimestamp\":\(none)").changedIDs == ["t1", "t3", "own"])
        }
    }

    @Test func everyOtherPageSendsTombstones() throws {
        let seen = try create(1...3)
        let deleted = try server.bulk([.delete("tasks", "t2", by: "laptop")], seen.since)
        #expect(deleted.changedIDs == [])
        let reply = try server.bulk([], seen.since)
        #expect(reply["serverChanges"][0]["operation"].string == "delete")
        #expect(reply["serverChanges"][0]["data"].names == ["id", "version", "updatedAt", "deletedAt"])
        #expect(try server.bulk([], #""cursor":"x""#).changedIDs == ["t1", "t3", "t2"])
    }

    @Test func aFirstSyncOfManyPagesSendsTombstonesOfAfterItsBeginOnly() throws {
        _ = try create(1...6)
        _ = try server.bulk([.delete("tasks", "t6", by: "phone")])
        let first = try server.get("/api/v1/sync/changes?limit=2")
        #expect(first.changedIDs == ["t1", "t2"])
        _ = try server.bulk([.delete("tasks", "t1", by: "phone")])
        let second = try server.bulk([], first.cursor)
        #expect(second.changedIDs == ["t3", "t4", "t5", "t1"])
        #expect(second["serverChanges"].array.map(\.["operation"].string) == ["update", "update", "update", "delete"])
    }

    @Test(arguments: [1, 2, 3, 7, 100]) func pagesOfEverySizeMissNothing(limit: Int) throws {
        _ = try create(1...13)
        for usesCursor in [true, false] {
            var ids: [String] = []
            var reply = try server.bulk([], "\"limit\":\(limit)")
            ids += reply.changedIDs
            while reply["hasMore"].boolean == true {
                reply = try server.bulk([], "\"limit\":\(limit)", usesCursor ? reply.cursor : reply.since)
                ids += reply.changedIDs
            }
            #expect(ids == (1...13).map { "t\($0)" })
            #expect(reply.timestamp == (try server.get("/api/v1/sync/status").timestamp))
        }
    }

    @Test func hasMoreCountsOnlyWhatWouldBeSent() throws {
        let seen = try create(1...2)
        _ = try server.bulk([.create("tasks", #""id":"o1","title":"A","isFocus":true"#, by: "laptop")], seen.since)
        let reply = try server.bulk([.create("tasks", #""id":"p1","title":"A","isFocus":true"#)], seen.since, "\"limit\":1")
        #expect(reply.changedIDs == ["o1"])
        #expect(reply["hasMore"].boolean == false)
        #expect(try server.bulk([.delete("tasks", "t2", by: "phone")], "\"limit\":3")["hasMore"].boolean == false)
    }

    @Test func aPageEndsBeforeItIsTooLargeButHasOneChange() throws {
        var limits = Limits()
        limits.maxPageBytes = 1024
        let server = try TestServer.sample(limits: limits)
        let padding = String(repeating: "x", count: 400)
        _ = try server.bulk((1...3).map { .create("tasks", #""id":"t\#($0)","title":"A","pad":"\#(padding)""#) })
        _ = try server.bulk([.create("tasks", #""id":"large","title":"A","pad":"\#(padding)\#(padding)\#(padding)""#)])
        var reply = try server.bulk([])
        #expect(reply.changedIDs == ["t1"])
        reply = try server.bulk([], reply.cursor)
        reply = try server.bulk([], reply.cursor)
        reply = try server.bulk([], reply.cursor)
        #expect(reply.changedIDs == ["large"])
        #expect(reply["hasMore"].boolean == false)
    }

    @Test func aTimestampAheadOfTheHeadGivesAnEmptyPageAndTheHead() throws {
        let seen = try create(1...2)
        let reply = try server.bulk([], #""lastSyncTimestamp":"2099-01-01""#)
        #expect(reply.changedIDs == [])
        #expect(reply.timestamp == seen.timestamp)
        #expect(!reply["reset"].exists)
    }

    @Test func aFilterPagesItsEntitiesOnly() throws {
        _ = try create(1...2)
        _ = try server.bulk([.create("links", #""id":"l1","url":"u""#)])
        let links = try server.get("/api/v1/sync/changes?entities=links")
        #expect(links.changedIDs == ["l1"])
        _ = try create(3...3)
        #expect(try server.bulk([], links.cursor, #""entities":["links"]"#).changedIDs == [])
        let widened = try server.bulk([], links.cursor)
        #expect(widened["resetReason"].string == "filter")
        #expect(widened.changedIDs == ["t1", "t2", "l1", "t3"])
        #expect(try server.bulk([], links.since, #""entities":["links"]"#).status == 400)
    }

    @Test func aCursorAheadOfTheHeadIsAReset() throws {
        let alone = try TestServer.sample()
        let seen = try create(1...2)
        #expect(try alone.bulk([], seen.cursor)["resetReason"].string == "malformed")
        _ = try server.bulk([], seen.cursor)
        #expect(try server.bulk([], seen.cursor)["reset"].exists == false)
    }

    @Test func changesAndCursorsSurviveARestart() throws {
        let seen = try create(1...2)
        try server.restart()
        _ = try create(3...3)
        let reply = try server.bulk([], seen.cursor)
        #expect(reply.changedIDs == ["t3"])
        #expect(!reply["reset"].exists)
    }

    @Test func changesIsABulkWithoutOperations() throws {
        let seen = try create(1...3)
        let since = try server.get("/api/v1/sync/changes?since=0&limit=2")
        #expect(since.changedIDs == ["t1", "t2"])
        #expect(since["hasMore"].boolean == true)
        #expect(try server.get("/api/v1/sync/changes?since=\(seen.timestamp)").changedIDs == [])
        #expect(try server.get("/api/v1/sync/changes?limit=0").status == 400)
        #expect(try server.get("/api/v1/sync/changes?since=tomorrow&entities=nots").json["errors"].array.count == 2)
    }
}
