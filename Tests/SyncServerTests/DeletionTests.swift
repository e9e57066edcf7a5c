import SyncStore
import SyncTesting
import Testing

/// Tombstones, graves and what a device gets that was away for longer than they last (PROTOCOL section 5).
@Suite struct DeletionTests {
    private let server: TestServer
    private let seen: Reply
    private let deletion: Int

    init() throws {
        server = try TestServer.policies()
        _ = try server.bulk([
            .create("server", #""id":"r","title":"A""#, by: "phone"), .create("server", #""id":"s","title":"S""#, by: "phone"),
        ])
        seen = try server.bulk([])
        deletion = try server.bulk([.delete("server", "r", by: "phone")])["results"][0]["version"].integer ?? 0
        server.clock.advance(milliseconds: 1000)
        try server.store.purge(before: server.clock.now())
    }

    @Test func aPurgedRecordStaysDeleted() throws {
        #expect(try server.bulk([.create("server", #""id":"r","title":"B""#, by: "laptop")]).conflictTypes == ["deleted"])
        #expect(try server.bulk([.update("server", #""id":"r","title":"B""#, by: "laptop")]).conflictTypes == ["deleted"])
        #expect(try server.bulk([.delete("server", "r", by: "laptop")]).statuses == ["noop"])
        #expect(try server.get("/api/v1/sync/changes").changedIDs == ["s"])
    }

    @Test func whoKnowsTheTombstoneRevivesFromTheGrave() throws {
        let revived = try server.bulk([.create("server", #""id":"r","title":"B""#, by: "laptop", "\"baseVersion\":\(deletion)")])
        #expect(revived.statuses == ["applied"])
        #expect(try server.record("r")["title"].string == "B")
        #expect(try server.bulk([.update("server", #""id":"r","title":"C""#, by: "laptop")]).statuses == ["applied"])
    }

    @Test func aCursorOfBeforeThePurgeIsExpired() throws {
        let reply = try server.bulk([], seen.cursor)
        #expect(reply["resetReason"].string == "expired")
        #expect(reply.changedIDs == ["s"])
        #expect(try !server.bulk([], reply.cursor)["reset"].exists)
    }

    @Test func aTimestampOfBeforeThePurgeJustGoesOn() throws {
        #expect(try !server.bulk([], seen.since)["reset"].exists)
    }

    @Test func aFirstSyncIsNotExpiredByAPurgeAboveItsPosition() throws {
        let server = try TestServer.policies()
        _ = try server.bulk((1...4).map { .create("server", #""id":"t\#($0)","title":"A""#) })
        _ = try server.bulk([.delete("server", "t4")])
        let first = try server.get("/api/v1/sync/changes?limit=1")
        server.clock.advance(milliseconds: 1000)
        #expect(try server.store.purge(before: server.clock.now()).tombstones == 1)
        let second = try server.bulk([], first.cursor)
        #expect(!second["reset"].exists)
        #expect(second.changedIDs == ["t2", "t3"])
    }

    @Test func aFirstSyncThatMissesATombstoneOfAfterItsBeginIsExpired() throws {
        let server = try TestServer.policies()
        _ = try server.bulk((1...4).map { .create("server", #""id":"t\#($0)","title":"A""#) })
        let first = try server.get("/api/v1/sync/changes?limit=1")
        _ = try server.bulk([.delete("server", "t1")])
        server.clock.advance(milliseconds: 1000)
        try server.store.purge(before: server.clock.now())
        #expect(try server.bulk([], first.cursor)["resetReason"].string == "expired")
    }

    @Test func whatIsYoungerThanTheLimitStays() throws {
        _ = try server.bulk([.delete("server", "s", by: "phone")])
        #expect(try server.store.purge(before: server.clock.now()).tombstones == 0)
        #expect(try server.bulk([], seen.since)["serverChanges"][0]["operation"].string == "delete")
    }
}
