import SyncEngine
import SyncKit
import SyncStore
import SyncTesting
import Testing

/// No edit disappears unseen, whatever a client claims (PROTOCOL sections 2 to 4).
@Suite struct ClaimTests {
    private let server: TestServer

    init() throws { server = try TestServer.claims() }

    /// The note 'n' by the laptop, changed by the phone; returns its first version.
    private func noteChangedByPhone() throws -> Int {
        let created = try server.bulk([.create("notes", #""id":"n","title":"Trip","content":"Pack.""#)])
        let version = created["results"][0]["version"].integer ?? 0
        _ = try server.bulk([.update("notes", #""id":"n","content":"phone""#, by: "phone", "\"baseVersion\":\(version)")])
        return version
    }

    // MARK: - Operations that come again

    @Test func aRefusedOperationDoesNotWinByBeingSentAgain() throws {
        let version = try noteChangedByPhone()
        let edit = TestOperation.update("notes", #""id":"n","content":"laptop""#, at: "2026-11-20T10:10:00Z")
        let first = try server.bulk([edit], "\"lastSyncTimestamp\":\(version)")
        #expect(first.statuses == ["conflict"])
        for _ in 0..<3 { #expect(try server.bulk([edit], first.since).statuses == ["conflict"]) }
        #expect(try server.live("n")["content"].string == "phone")
        #expect(try server.conflicts().count == 1)
    }

    @Test func aRefusedOperationDoesNotWinWithACursorOrANewBase() throws {
        let version = try noteChangedByPhone()
        let refused = #""id":"n","content":"laptop""#
        let first = try server.bulk([.update("notes", refused, #""opId":"x""#, "\"baseVersion\":\(version)")], #""deviceId":"laptop""#)
        #expect(first.statuses == ["conflict"])
        let again = try server.bulk([.update("notes", refused, #""opId":"x""#)], #""deviceId":"laptop""#, first.cursor)
        #expect(again.statuses == ["conflict"])
        let newest = try server.live("n")["version"].integer ?? 0
        let last = try server.bulk([.update("notes", refused, #""opId":"x""#, "\"baseVersion\":\(newest)")], #""deviceId":"laptop""#)
        #expect(last.statuses == ["conflict"])
        #expect(try server.live("n")["content"].string == "phone")
    }

    @Test func aRefusedOperationDoesNotWinWhenItsConflictIsEvicted() throws {
        let version = try noteChangedByPhone()
        let edit = TestOperation.update("notes", #""id":"n","content":"laptop""#, #""opId":"x""#)
        #expect(try server.bulk([edit], "\"lastSyncTimestamp\":\(version)").statuses == ["conflict"])
        for start in stride(from: 0, to: 1000, by: 500) {
            _ = try server.bulk((start..<start + 500).map { .update("notes", #""id":"none\#($0)","title":"A""#) })
        }
        #expect(try !server.conflicts().contains { $0["opId"].string == "x" })
        #expect(try server.bulk([edit], try server.bulk([]).since).statuses == ["conflict"])
        #expect(try server.live("n")["content"].string == "phone")
    }

    @Test func aRefusedOperationDoesNotReplaceANewerEditOfItsOwnClient() throws {
        let early = TestOperation.update("tasks", #""id":"t","title":"older""#, at: "2026-11-20T10:10:00Z")
        let late = TestOperation.create("tasks", #""id":"t","title":"newer""#, at: "2026-11-20T10:11:00Z")
        let first = try server.bulk([early, late], "\"lastSyncTimestamp\":5")
        #expect(first.statuses == ["conflict", "applied"])
        _ = try server.bulk([early], first.since)
        #expect(try server.live("t")["title"].string == "newer")
    }

    @Test func aLateCopyOfARejectedOperationDoesNotReplaceANewerEdit() throws {
        var limits = server.engine.limits
        limits.quotas["default"] = .init(maxRecords: 10, maxBytes: 1500)
        let server = try TestServer([ClaimNotes()], limits: limits)
        let text = String(repeating: "x", count: 1000)
        _ = try server.bulk([
            .create("notes", #""id":"n","title":"T","content":"start""#),
            .create("notes", #""id":"other","title":"T","content":"\#(text)""#),
        ])
        let seen = try server.bulk([])
        let big = TestOperation.update("notes", #""id":"n","content":"OLD \#(text.prefix(900))""#, #""opId":"big""#)
        #expect(try server.bulk([big], seen.cursor).conflictTypes == ["over_quota"])
        let newer = TestOperation.update("notes", #""id":"n","content":"NEW""#, #""opId":"new""#)
        #expect(try server.bulk([newer, .delete("notes", "other")], seen.cursor).statuses == ["applied", "applied"])
        #expect(try server.bulk([big], seen.cursor).statuses == ["conflict"])
        #expect(try server.live("n")["content"].string == "NEW")
    }

    @Test func onlyAThousandRejectedOperationsAreRemembered() throws {
        for start in stride(from: 0, to: 1500, by: 500) {
            _ = try server.bulk((start..<start + 500).map { .create("tasks", #""id":"t\#($0)","title":"""#) })
        }
        let count = try server.store.write(for: try #require(UserID("alice")), at: server.clock.now) { $0.rememberedRefusals }
        #expect(count == 1000)
    }

    @Test func anOpIDOfAnOpenConflictIsTaken() throws {
        let version = try noteChangedByPhone()
        let base = "\"baseVersion\":\(version)"
        #expect(try server.bulk([.update("notes", #""id":"n","content":"one""#, #""opId":"op""#, base)]).statuses == ["conflict"])
        #expect(
            try server.bulk([.update("notes", #""id":"n","content":"two""#, #""opId":"op""#, base)]).conflictTypes == ["op_id_reuse"])
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A""#, #""opId":"op""#)]).conflictTypes == ["op_id_reuse"])
        #expect(try server.conflicts().map { $0["data"]["content"].string } == ["one"])
    }

    @Test func aRecordWhoseCreateWasRefusedStaysDeletedWhenTheCreateComesAgain() throws {
        _ = try server.bulk([.create("siteBlockers", #""id":"b1","url":"u""#, by: "phone")])
        let create = TestOperation.create("siteBlockers", #""id":"b2","url":"u""#, #""opId":"1""#)
        let delete = TestOperation.delete("siteBlockers", "b2", #""opId":"2""#)
        #expect(try server.bulk([create, delete]).statuses == ["conflict", "applied"])
        _ = try server.bulk([.delete("siteBlockers", "b1", by: "phone")])
        #expect(try server.bulk([create, delete]).statuses == ["conflict", "applied"])
        // The app sends the refused one alone.
        #expect(try server.bulk([create]).statuses == ["conflict"])
        #expect(try server.bulk([])["serverChanges"].array.isEmpty)
    }

    // MARK: - Names

    @Test func twoInstallationsOfOneDeviceDoNotOverwriteEachOther() throws {
        let device = #""deviceId":"D""#
        let created = try server.bulk([.create("notes", #""id":"n","title":"T","content":"c""#)], device)
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        #expect(try server.bulk([.update("notes", #""id":"n","content":"1""#, #""opId":"a""#, base)], device).statuses == ["applied"])
        #expect(try server.bulk([.update("notes", #""id":"n","content":"2""#, #""opId":"b""#, base)], device).statuses == ["conflict"])
        #expect(try server.live("n")["content"].string == "1")
    }

    @Test func aDeviceWhoseEditsFollowEachOtherIsFreeOfConflictsWithItself() throws {
        let device = #""deviceId":"D""#
        let created = try server.bulk([.create("notes", #""id":"n","title":"T","content":"c""#)], device)
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        let first = try server.bulk([.update("notes", #""id":"n","content":"1""#, #""opId":"a""#, base)], device, created.cursor)
        let second = try server.bulk(
            [.update("notes", #""id":"n","content":"2""#, #""opId":"b""#, #""follows":"a""#, base)], device, first.cursor)
        #expect(second.statuses == ["applied"] && !second["results"][0]["overwritten"].exists)
        // Without a predecessor's name it may be another installation's, so that the replaced text is listed.
        let third = try server.bulk([.update("notes", #""id":"n","content":"3""#, #""opId":"c""#, base)], device, second.cursor)
        #expect(third.statuses == ["applied"] && third["results"][0]["overwritten"][0]["value"].string == "2")
    }

    @Test func aResolutionWithoutADeviceIsNobodysOwn() throws {
        let version = try noteChangedByPhone()
        let newest = try server.live("n")["version"].integer ?? 0
        _ = try server.bulk([.update("notes", #""id":"n","content":"laptop""#, "\"baseVersion\":\(version)")])
        #expect(try server.resolve(try server.conflicts()[0], "merged", #","data":{"content":"both"}"#).status == 200)
        let late = try server.bulk([.update("notes", #""id":"n","content":"on v2""#, "\"baseVersion\":\(newest)")])
        #expect(late.statuses == ["conflict"])
        #expect(try server.live("n")["content"].string == "both")
        #expect(try server.bulk([])["serverChanges"][0]["clientId"].string == "")
    }

    @Test func aDeviceMayCreateAgainWhatItHasDeleted() throws {
        let created = try server.bulk([.create("siteBlockers", #""id":"b","url":"u""#)])
        let deleted = try server.bulk([.delete("siteBlockers", "b")], created.since)
        let again = TestOperation.create("siteBlockers", #""id":"b","url":"u""#, at: "2026-11-20T11:00:00Z")
        #expect(try server.bulk([again], deleted.since).statuses == ["applied"])
        _ = try server.bulk([.delete("siteBlockers", "b", at: "2026-11-20T12:00:00Z")])
        server.clock.advance(milliseconds: 1000)
        try server.store.purge(before: server.clock.now())
        #expect(try server.bulk([.create("siteBlockers", #""id":"b","url":"u""#, by: "phone")]).conflictTypes == ["deleted"])
        let last = TestOperation.create("siteBlockers", #""id":"b","url":"u""#, at: "2026-11-20T13:00:00Z")
        #expect(try server.bulk([last]).statuses == ["applied"])
    }

    @Test func aClientThatSendsVersionsHearsOfItsOwnWrites() throws {
        var page = try server.bulk([.create("notes", #""id":"n","title":"T","content":"one""#, by: "c-1")])
        for (number, text) in ["two", "three", "four"].enumerated() {
            let version = page["serverChanges"][0]["data"]["version"].integer ?? 0
            let record = #""id":"n","title":"T","content":"\#(text)","version":\#(version)"#
            page = try server.bulk([.update("notes", record, by: "c-\(number + 2)")], page.since)
            #expect(page.statuses == ["applied"])
        }
        #expect(try server.live("n")["content"].string == "four")
    }

    // MARK: - Positions

    @Test func aClockForAPositionReplacesNothingInSilence() throws {
        _ = try server.bulk([.create("tasks", #""id":"t","title":"A""#)])
        _ = try server.bulk([.update("tasks", #""id":"t","title":"phone's""#, by: "phone")], try server.bulk([]).since)
        let reply = try server.bulk([.update("tasks", #""id":"t","title":"mine""#)], "\"lastSyncTimestamp\":\"2100-01-01\"")
        #expect(reply.statuses == ["applied"])
        #expect(reply["results"][0]["overwritten"][0]["value"].string == "phone's")
        #expect(try server.conflicts("settled").count == 1)
    }

    @Test func whereAPersonDecidesAClockIsNotBelievedWithinMinutes() throws {
        _ = try noteChangedByPhone()
        let now = server.clock.now()
        let edit = TestOperation.update("notes", #""id":"n","title":"Trip","content":"laptop""#, at: now.iso8601)
        let reply = try server.bulk([edit], "\"lastSyncTimestamp\":\(now.milliseconds + 300_000)")
        #expect(reply.statuses == ["conflict"])
        #expect(try server.live("n")["content"].string == "phone")
        server.clock.advance(milliseconds: 700_000)
        let later = TestOperation.update("notes", #""id":"n","content":"later""#, at: server.clock.now().iso8601)
        let listed = try server.bulk([later], "\"lastSyncTimestamp\":\(server.clock.now().milliseconds)")
        #expect(listed.statuses == ["applied"] && listed["results"][0]["overwritten"][0]["value"].string == "phone")
    }

    @Test func theAppsQueueOnOneDeviceIsFreeOfConflictsAndListsWhatItReplaces() throws {
        var content = "Pack."
        _ = try server.bulk([.create("notes", #""id":"n","title":"T","content":"\#(content)""#, by: "fresh-0")])
        for number in 1...5 {
            server.clock.advance(milliseconds: 30_000)
            let now = server.clock.now().iso8601
            let edit = TestOperation.update(
                "notes", #""id":"n","title":"T","content":"\#(content)\#(number)""#, by: "fresh-\(number)", at: now)
            let reply = try server.bulk([edit], "\"lastSyncTimestamp\":\"\(now)\"")
            #expect(reply["success"].boolean == true)
            #expect(reply["results"][0]["overwritten"][0]["value"].string == content)
            content += "\(number)"
        }
        #expect(try server.conflicts().isEmpty)
    }

    @Test func aTimestampBelowThePurgeFloorGoesOnAndItsCursorResets() throws {
        _ = try server.bulk([.create("tasks", #""id":"t","title":"A""#)])
        let old = try server.bulk([])
        _ = try server.bulk([.delete("tasks", "t")])
        _ = try server.bulk([.create("tasks", #""id":"u","title":"A""#)])
        server.clock.advance(milliseconds: 1000)
        try server.store.purge(before: server.clock.now())
        let page = try server.bulk([], old.since)
        #expect(page["reset"].boolean == nil && page.changedIDs == ["u"])
        #expect(try server.bulk([], page.since)["hasMore"].boolean == false)
        let reset = try server.bulk([], page.cursor)
        #expect(reset["resetReason"].string == "expired")
        #expect(try server.bulk([], reset.cursor)["reset"].boolean == nil)
    }

    @Test func theEndOfAPageIsRememberedWhoeverElseReads() throws {
        _ = try server.bulk([
            .create("tasks", #""id":"t1","title":"phone's""#, by: "phone"), .create("tasks", #""id":"t2","title":"x""#, by: "phone"),
        ])
        _ = try server.bulk([.update("tasks", #""id":"t1","isFocus":true"#, by: "phone")])
        let position = try server.bulk([], "\"limit\":1").since
        for start in 0..<3 { _ = try server.bulk((0..<400).map { .create("notes", #""id":"\#(start)-\#($0)","title":"n""#, by: "phone") }) }
        var other = position
        for _ in 0..<1100 { other = try server.bulk([], other, "\"limit\":1").since }
        // serverWins: the laptop has never seen t1.
        #expect(try server.bulk([.update("tasks", #""id":"t1","title":"laptop's""#)], position).statuses == ["conflict"])
    }
}
