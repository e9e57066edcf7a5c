import SyncTesting
import Testing

/// What is merged, listed and stored (PROTOCOL section 4).
@Suite struct MergedContentTests {
    private let server: TestServer

    init() throws { server = try TestServer.claims() }

    private func stash(_ urls: String) throws -> String {
        let created = try server.bulk([.create("tabStashes", #""id":"s","windowId":"w","urls":[\#(urls)]"#)])
        return "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
    }

    @Test func aUnionThatExceedsTheSchemaIsAConflict() throws {
        let base = try stash(#""base""#)
        let reply = { (client: String, urls: String) in
            try server.bulk([.update("tabStashes", #""id":"s","urls":[\#(urls)]"#, by: client, base)])
        }
        #expect(try reply("phone", #""a","b","c""#).statuses == ["applied"])
        #expect(try reply("laptop", #""d","e","f""#).statuses == ["conflict"])
        #expect(try server.live("s")["urls"].array.count == 3)
        #expect(try server.conflicts()[0]["data"]["urls"].array.count == 3)
    }

    @Test func aMergedRecordThatIsTooLargeIsAConflict() throws {
        let half = String(repeating: "x", count: 150_000)
        let created = try server.bulk([.create("notes", #""id":"n","title":"T""#)])
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        #expect(try server.bulk([.update("notes", #""id":"n","content":"\#(half)""#, by: "phone", base)]).statuses == ["applied"])
        let reply = try server.bulk([.update("notes", #""id":"n","more":"\#(half)""#, by: "tablet", base)])
        #expect(reply.statuses == ["conflict"] && reply.conflictTypes == ["too_large"])
        #expect(try server.conflicts().count == 1)
    }

    @Test func aUnionListsTheElementsThatItMayHaveRestored() throws {
        let base = try stash(#""keep","private""#)
        _ = try server.bulk([.update("tabStashes", #""id":"s","urls":["keep"]"#, by: "laptop", base)])
        let restored = try server.bulk([.update("tabStashes", #""id":"s","urls":["keep","private","new"]"#, by: "phone", base)])
        #expect(restored["results"][0]["overwritten"][0]["side"].string == "server")
        #expect(restored["results"][0]["overwritten"][0]["value"].array.map(\.string) == ["private", "new"])
        let cleared = try server.bulk([.update("tabStashes", #""id":"s","urls":[]"#, by: "tablet", base)])
        #expect(cleared["results"][0]["overwritten"][0]["side"].string == "client")
        #expect(cleared["results"][0]["overwritten"][0]["value"].array.count == 3)
        #expect(try server.conflicts("settled").count == 2)
    }

    @Test func settledConflictsGoBeforeOpenOnes() throws {
        let created = try server.bulk([.create("notes", #""id":"n","title":"T","content":"c""#)])
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        _ = try server.bulk([.update("notes", #""id":"n","content":"phone""#, by: "phone", base)])
        _ = try server.bulk([.update("notes", #""id":"n","content":"two hours""#, by: "tablet", base)])
        _ = try server.bulk([.create("notes", #""id":"m","title":"T""#)])
        for start in stride(from: 0, to: 1500, by: 500) {
            let edits = (start..<start + 500).map { number in
                TestOperation.update("notes", #""id":"m","title":"\#(number)""#, by: "c\(number)", "\"baseVersion\":1")
            }
            _ = try server.bulk(edits)
        }
        #expect(try server.conflicts("settled").count == 999)
        #expect(try server.conflicts().contains { $0["data"]["content"].string == "two hours" })
    }

    @Test func aCacheLeavesNeitherConflictsNorTombstones() throws {
        for number in 0..<5 {
            _ = try server.bulk([.create("weatherCache", #""id":"w\#(number)","weatherData":{"t":\#(number)}"#, by: "c\(number % 2)")])
        }
        #expect(try server.conflicts("settled").isEmpty)
        let changes = try server.bulk([], "\"lastSyncTimestamp\":1")["serverChanges"].array
        #expect(changes.count == 1 && changes[0]["data"]["weatherData"]["t"].integer == 4)
    }

    @Test func storedConflictsCountTowardTheQuota() throws {
        let before = try server.get("/api/v1/sync/status")["quota"]["bytes"].integer ?? 0
        _ = try server.bulk([.update("notes", #""id":"none","content":"\#(String(repeating: "x", count: 5000))""#)])
        let after = try server.get("/api/v1/sync/status")["quota"]["bytes"].integer ?? 0
        #expect(after > before + 5000)
    }

    @Test func anAnswerHasARecordOnceAndStaysSmall() throws {
        let text = String(repeating: "x", count: 200_000)
        _ = try server.bulk([.create("notes", #""id":"n","title":"T","content":"\#(text)""#, by: "phone")])
        let reply = try server.bulk(
            (0..<500).map { .update("notes", #""id":"n","content":"\#($0)""#) }, "\"lastSyncTimestamp\":1")
        #expect(reply["conflicts"].array.count == 500)
        #expect(reply.text.utf8.count < 4 << 20)
        #expect(reply["conflicts"].array.count { $0["serverData"].exists } == 1)
        #expect(reply["conflicts"].array.allSatisfy { $0["serverVersion"].exists })
        #expect(try server.get("/api/v1/sync/status")["quota"]["bytes"].integer ?? 0 < 1 << 20)
        #expect(try server.get("/api/v1/sync/conflicts?limit=3")["conflicts"][0]["serverData"]["content"].string == text)
    }

    @Test func anEmptyMemberNameHasAStampOfItsOwn() throws {
        let created = try server.bulk([.create("notes", #""id":"n","title":"T","content":"c""#, by: "phone")])
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        _ = try server.bulk([.update("notes", #""id":"n","":1"#, by: "phone", base)])
        try server.restart()
        #expect(try server.bulk([.update("notes", #""id":"n","content":"mine""#, base)]).statuses == ["merged"])
        #expect(try server.live("n")[""].integer == 1)
    }

    @Test func membersOfTheClientsOwnAreToldByTheirFirstByte() throws {
        _ = try server.bulk([.create("notes", #""id":"n","title":"T","_\u0301x":1,"_y":2"#)])
        #expect(try server.live("n").names.isDisjoint(with: ["_\u{301}x", "_y"]))
    }

    @Test func uniqueTextsAreComparedWhole() throws {
        #expect(
            try server.bulk([
                .create("siteBlockers", #""id":"a","url":"u\u0000a""#), .create("siteBlockers", #""id":"b","url":"u\u0000b""#),
                .create("siteBlockers", #""id":"c","url":"u\u0000a""#),
            ]).statuses == ["applied", "applied", "conflict"])
    }

    @Test func anEntityAnswersToItsAlias() throws {
        let reply = try server.bulk([.create("tab-stashes", #""id":"s","windowId":"w","urls":[]"#)])
        #expect(reply.statuses == ["applied"] && reply["results"][0]["entity"].string == "tabStashes")
        #expect(try server.get("/api/v1/sync/changes?entities=tab-stashes").changedIDs == ["s"])
    }

    @Test func everyRefusedOperationOnARecordBringsTheRecord() throws {
        _ = try server.bulk([.create("tasks", #""id":"t","title":"A""#, #""opId":"1""#)])
        for operation in [
            TestOperation.update("tasks", #""id":"t","title":"""#), .update("tasks", #""id":"t","title":"B""#, #""opId":"1""#),
        ] {
            #expect(try server.bulk([operation])["conflicts"][0]["serverData"]["title"].string == "A")
        }
    }
}

/// Settling what cannot be settled at once (PROTOCOL section 4).
@Suite struct HardConflictTests {
    private let server: TestServer

    init() throws { server = try TestServer.claims() }

    @Test func aRecordInTheWayIsNamedUntilItIsGone() throws {
        _ = try server.bulk([.create("settings", #""id":"s1","workDuration":50"#)])
        #expect(try server.bulk([.create("settings", #""id":"s2","workDuration":30"#, by: "phone")]).conflictTypes == ["constraint"])
        let conflict = try server.conflicts()[0]
        let refused = try server.resolve(conflict, "client")
        #expect(refused.status == 409 && refused["message"].string?.contains("'s1'") == true)
        #expect(refused["message"].string?.contains("has changed") == false)
        _ = try server.bulk([.delete("settings", "s1")])
        #expect(try server.resolve(conflict, "client").status == 200)
        #expect(try server.live("s2")["workDuration"].integer == 30)
    }

    @Test(arguments: ["2026-11-01T11:00:00Z", "2026-11-01T09:00:00Z"]) func editsOfARecordThatWasMergedAwayGoToTheOther(
        time: String
    ) throws {
        _ = try server.bulk([.create("timer", #""id":"s1","workDuration":50"#, at: "2026-11-01T10:00:00Z")])
        // The later create wins, and the earlier one is refused; in both cases the phone has no record of its own.
        let create = TestOperation.create("timer", #""id":"s2","workDuration":30"#, by: "phone", at: time)
        let created = try server.bulk([create])
        #expect(created.statuses == [time > "2026-11-01T10" ? "applied" : "conflict"])
        try server.restart()
        let edit = TestOperation.update("timer", #""id":"s2","workDuration":31"#, by: "phone", at: "2026-11-01T12:00:00Z")
        let edited = try server.bulk([edit], created.since)
        #expect(edited.statuses == ["applied"] && edited["results"][0]["id"].string == "s1")
        // Whatever the phone has made of the edit by itself, it hears that its own record is gone.
        #expect(edited.changedIDs == ["s1", "s2"])
        #expect(try server.live("s1")["workDuration"].integer == 31)
        // A delete of it deletes nothing else.
        #expect(try server.bulk([.delete("timer", "s2", by: "phone")], edited.since)["results"][0]["id"].string != "s1")
        #expect(try server.live("s1")["workDuration"].integer == 31)
        _ = try server.bulk([.delete("timer", "s1")], edited.since)
        let last = TestOperation.update("timer", #""id":"s2","workDuration":32"#, by: "phone")
        #expect(try server.bulk([last], edited.since).statuses == ["conflict"])
    }

    @Test func theClientsSideOfADeletedRecordRestoresIt() throws {
        let created = try server.bulk([.create("notes", #""id":"n","title":"Trip","content":"Pack.""#)])
        let base = "\"baseVersion\":\(created["results"][0]["version"].integer ?? 0)"
        _ = try server.bulk([.delete("notes", "n", by: "phone", base)])
        _ = try server.bulk([.update("notes", #""id":"n","content":"long text""#, by: "tablet", base)])
        #expect(try server.resolve(try server.conflicts()[0], "client").status == 200)
        let record = try server.live("n")
        #expect(record["title"].string == "Trip" && record["content"].string == "long text")
    }

    @Test func whatCannotBeRestoredIsSaid() throws {
        _ = try server.bulk([.update("notes", #""id":"none","content":"text""#)])
        let conflict = try server.conflicts()[0]
        let refused = try server.resolve(conflict, "client")
        #expect(refused.status == 409 && refused["message"].string?.contains("'title' is required.") == true)
        #expect(try server.resolve(conflict, "merged", #","data":{"title":"T","content":"text"}"#).status == 200)
    }

    @Test func mergedDataIsHeldToTheNestingOfABulk() throws {
        _ = try server.bulk([.create("siteBlockers", #""id":"b","url":"a""#, by: "phone")])
        _ = try server.bulk([.create("siteBlockers", #""id":"b","url":"b""#)])
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        let refused = try server.resolve(try server.conflicts()[0], "merged", #","data":{"url":"c","x":\#(deep)}"#)
        #expect(refused.status == 400 && refused["errors"][0]["path"].string == "data")
        #expect(try server.live("b")["url"].string == "a")
    }
}

/// A handler that goes and returns (PROTOCOL section 2).
@Suite struct ServedSetTests {
    private func server() throws -> TestServer {
        let server = try TestServer([SampleTasks(), ClaimNotes()])
        _ = try server.bulk([.create("notes", #""id":"n","title":"T""#), .create("tasks", #""id":"t","title":"A""#)])
        return server
    }

    @Test func aClientThatCameWhileAHandlerWasAwayGetsItsRecordsAndNoReset() throws {
        for position in [\Reply.cursor, \Reply.since] {
            let server = try server()
            try server.restart(with: [SampleTasks()])
            let away = try server.bulk([])
            #expect(away.changedIDs == ["t"])
            try server.restart(with: [SampleTasks(), ClaimNotes()])
            let back = try server.bulk([], away[keyPath: position])
            #expect(back.changedIDs == ["n"] && back["reset"].boolean == nil)
            #expect(try server.bulk([], back[keyPath: position]).changedIDs == [])
        }
    }

    @Test func aClientThatHadTheRecordsDoesNotGetThemAgain() throws {
        let server = try server()
        let before = try server.bulk([])
        try server.restart(with: [SampleTasks()])
        try server.restart(with: [SampleTasks(), ClaimNotes()])
        for position in [before.cursor, before.since] { #expect(try server.bulk([], position).changedIDs == []) }
    }

    @Test func aNewEntityResetsNoClient() throws {
        let server = try server()
        let before = try server.bulk([])
        try server.restart(with: [SampleTasks(), ClaimNotes(), ClaimSites()])
        for position in [before.cursor, before.since] {
            let page = try server.bulk([], position)
            #expect(page.changedIDs == [] && page["reset"].boolean == nil)
        }
    }

    @Test func recordsThatReturnComeInPages() throws {
        for position in [\Reply.cursor, \Reply.since] {
            let server = try server()
            for number in 0..<5 { _ = try server.bulk([.create("notes", #""id":"n\#(number)","title":"T""#)]) }
            try server.restart(with: [SampleTasks()])
            var page = try server.bulk([])
            try server.restart(with: [SampleTasks(), ClaimNotes()])
            var ids: [String] = []
            for _ in 0..<10 {
                page = try server.bulk([], page[keyPath: position], "\"limit\":2")
                ids += page.changedIDs
            }
            #expect(ids == ["n", "n0", "n1", "n2", "n3", "n4"])
        }
    }
}
