import SyncKit
import SyncStore
import SyncTesting
import Testing

/// How far an operation's client had seen a record, where that is easily taken for more than it is (PROTOCOL sections 2 to 4).
@Suite struct KnowledgeTests {
    private let server: TestServer
    private let device = #""deviceId":"D""#

    init() throws { server = try TestServer.claims() }

    @Test func anEditThatFollowsAnUnseenRecordsEditListsTheRest() throws {
        _ = try server.bulk([.create("tasks", #""id":"t","title":"first in the feed""#, by: "phone")])
        _ = try server.bulk([.create("siteBlockers", #""id":"b","url":"other's","category":"other's""#)], device)
        // Another installation of the same name makes the same record, and reads on slowly.
        let create = TestOperation.create("siteBlockers", #""id":"b","url":"1""#, #""opId":"1""#)
        let created = try server.bulk([create], device, "\"limit\":1")
        #expect(created["results"][0]["overwritten"][0]["value"].string == "other's" && created.changedIDs == ["t"])
        let later = try server.bulk(
            [
                .update("siteBlockers", #""id":"b","url":"2""#, #""opId":"2""#, #""follows":"1""#, #""baseVersion":0"#),
                .update("siteBlockers", #""id":"b","category":"mine""#, #""opId":"3""#, #""follows":"2""#, #""baseVersion":0"#),
            ], device, created.cursor, "\"limit\":1")
        #expect(later.statuses == ["applied", "applied"])
        #expect(later["results"][1]["overwritten"].array.map { $0["value"].string } == ["other's"])
    }

    @Test func whatFollowsADecidedOperationListsTheDecision() throws {
        let created = try server.bulk([.create("siteBlockers", #""id":"b","url":"u","category":"c""#, by: "phone")])
        let refused = TestOperation.update("siteBlockers", #""id":"b","url":"mine""#, #""opId":"1""#, #""baseVersion":1"#)
        #expect(try server.bulk([refused], device).statuses == ["conflict"])
        let decided = #","data":{"url":"mine","category":"decided"}"#
        #expect(try server.resolve(try server.conflicts()[0], "merged", decided).status == 200)
        let next = TestOperation.update(
            "siteBlockers", #""id":"b","category":"next""#, #""opId":"2""#, #""follows":"1""#, #""baseVersion":1"#)
        let reply = try server.bulk([refused, next], device)
        #expect(reply["results"][0]["duplicate"].boolean == true)
        let listed = reply["results"][1]["overwritten"][0]["value"].string
        #expect(reply.statuses[1] == "conflict" || listed == "decided")
        #expect(created.statuses == ["applied"])
    }

    @Test func aFirstSyncHearsOfTheEndOfItsOwnRecordWhileItReads() throws {
        _ = try server.bulk((1...3).map { .create("tasks", #""id":"t\#($0)","title":"A""#, by: "phone") })
        let first = try server.bulk([.create("tasks", #""id":"own","title":"A""#)], device, "\"limit\":1")
        _ = try server.bulk([.delete("tasks", "own", by: "phone", at: "2100-01-01")], "\"lastSyncTimestamp\":\"2100-01-01\"")
        var page = first
        var deleted: [String?] = []
        for _ in 0..<5 {
            page = try server.bulk([], device, page.cursor, "\"limit\":1")
            deleted += page["serverChanges"].array.filter { $0["operation"].string == "delete" }.map { $0["data"]["id"].string }
        }
        #expect(deleted == ["own"])
    }

    @Test func anOwnRecordThatADeviceDeletesAtItsFirstSyncIsNotSent() throws {
        _ = try server.bulk([.create("tasks", #""id":"t","title":"A""#)], device)
        #expect(try server.bulk([.delete("tasks", "t")], device).changedIDs == [])
    }

    @Test func aClientThatReadsWhatItLackedHadNotSeenAllOfIt() throws {
        _ = try server.bulk([.create("notes", #""id":"n","title":"T","content":"phone's""#, by: "phone")])
        try server.restart(with: [SampleTasks()])
        let away = try server.bulk([])
        try server.restart(with: [SampleTasks(), ClaimSites(), ClaimNotes()])
        _ = try server.bulk((1...3).map { .create("siteBlockers", #""id":"b\#($0)","url":"u\#($0)""#, by: "phone") })
        _ = try server.bulk([.update("notes", #""id":"n","title":"U""#, by: "phone")], try server.bulk([]).since)
        // The record has moved behind the page's end.
        let cut = try server.bulk([], away.since, "\"limit\":1")
        #expect(cut.changedIDs == ["b1"] && cut["hasMore"].boolean == true)
        let reply = try server.bulk([.update("notes", #""id":"n","content":"mine""#, by: "laptop")], cut.since)
        #expect(reply.statuses == ["conflict"])
    }

    @Test func aPurgeBeforeTheFirstRequestAfterAReturnIsNoticed() throws {
        _ = try server.bulk([.create("siteBlockers", #""id":"b","url":"u""#, by: "phone")], #""deviceId":"phone""#)
        let seen = try server.bulk([], device)
        _ = try server.bulk([.delete("siteBlockers", "b", by: "phone")], #""deviceId":"phone""#)
        try server.restart(with: [SampleTasks()])
        let away = try server.bulk([], device, seen.cursor)
        try server.restart(with: [SampleTasks(), ClaimSites()])
        server.clock.advance(milliseconds: 1000)
        try server.store.purge(before: server.clock.now())
        // Its record was deleted while it could not hear of it, and nothing is left that could tell: it begins again.
        #expect(try server.bulk([], device, away.cursor)["reset"].boolean == true)
    }

    @Test(arguments: 1...3) func aRefusedOperationWithAClockForAPositionReplacesNothingInSilence(times: Int) throws {
        _ = try server.bulk([.create("tasks", #""id":"t","title":"A""#)])
        let edit = TestOperation.update("tasks", #""id":"t","title":"mine""#, at: "2026-11-20T10:10:00Z")
        _ = try server.bulk([edit], "\"lastSyncTimestamp\":1")
        _ = try server.bulk([.update("tasks", #""id":"t","title":"phone's""#, by: "phone")], try server.bulk([]).since)
        for time in 1...times {
            let reply = try server.bulk([edit], "\"lastSyncTimestamp\":\"20\(40 + time)-01-01\"")
            let isListed = reply["results"][0]["overwritten"][0]["value"].string == "phone's"
            #expect(try server.live("t")["title"].string == "phone's" || isListed)
        }
    }

    @Test(arguments: [false, true]) func aRefusedCreateOverATombstoneStaysDeletedAfterItsDelete(isPurged: Bool) throws {
        let seen = try server.bulk([.create("siteBlockers", #""id":"b","url":"u""#)])
        let gone = try server.bulk(
            [.delete("siteBlockers", "b"), .create("siteBlockers", #""id":"c","url":"u""#, by: "phone")], seen.since)
        server.clock.advance(milliseconds: 1000)
        if isPurged { try server.store.purge(before: server.clock.now()) }
        let create = TestOperation.create("siteBlockers", #""id":"b","url":"u""#, at: "2026-11-20T11:00:00Z")
        let delete = TestOperation.delete("siteBlockers", "b", at: "2026-11-20T12:00:00Z")
        #expect(try server.bulk([create, delete], gone.since).statuses == ["conflict", "applied"])
        _ = try server.bulk([.delete("siteBlockers", "c", by: "phone")], gone.since)
        // The obstacle is gone, and the app sends the refused one alone.
        #expect(try server.bulk([create], gone.since).statuses == ["conflict"])
        #expect(try !server.live("b").exists)
    }

    @Test func operationsUnderFreshNamesThatComeAgainAreTheClientsOwn() throws {
        let seen = try server.bulk([.create("tasks", #""id":"t","title":"A""#, by: "phone")])
        let create = TestOperation.create("siteBlockers", #""id":"b","url":"u""#, by: "fresh-1")
        _ = try server.bulk([create], seen.since)
        let reply = try server.bulk([create, .update("siteBlockers", #""id":"b","url":"v""#, by: "fresh-2")], seen.since)
        #expect(reply.statuses == ["applied", "applied"])
    }

    @Test func aRequestThatRevivesARecordIsFreeOfConflictsWithItself() throws {
        let created = try server.bulk([.create("siteBlockers", #""id":"b","url":"u""#)], device)
        let deleted = try server.bulk([.delete("siteBlockers", "b", by: "phone")], created.since)
        let version = deleted["results"][0]["version"].integer ?? 0
        let reply = try server.bulk(
            [
                .create("siteBlockers", #""id":"b","url":"v""#, #""opId":"1""#, "\"baseVersion\":\(version)"),
                .update("siteBlockers", #""id":"b","url":"w""#, by: "fresh", #""opId":"2""#, #""baseVersion":0"#),
            ], device, created.cursor)
        #expect(reply.statuses == ["applied", "applied"])
    }
}
