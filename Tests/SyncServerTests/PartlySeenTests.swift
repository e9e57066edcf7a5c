import SyncTesting
import Testing

/// A position in the middle of a feed says nothing of a record whose newest version lies beyond it: what others wrote in it
/// before may be unseen, and is not replaced in silence (PROTOCOL section 4).
@Suite struct PartlySeenTests {
    private let server: TestServer
    /// The laptop's position before the phone's changes: it has everything.
    private let complete: Reply

    init() throws {
        server = try TestServer.policies()
        _ = try server.bulk(["merged", "client"].map { .create($0, "\"id\":\"\($0)\",\"title\":\"A\"", by: "phone") })
        complete = try server.bulk([])
        for entity in ["merged", "client"] { try change(entity, #""title":"B""#) }
        _ = try server.bulk([.create("server", #""id":"between","title":"A""#, by: "phone")])
        for entity in ["merged", "client"] { try change(entity, #""from":1"#) }
    }

    private func change(_ entity: String, _ members: String, by client: String = "phone") throws {
        _ = try server.bulk([.update(entity, "\"id\":\"\(entity)\",\(members)", by: client)], complete.since)
    }

    /// The laptop's page, which ends before the records that the phone has changed twice.
    private func cutPage(_ position: String) throws -> Reply {
        let page = try server.bulk([], position, "\"limit\":1")
        #expect(page.changedIDs == ["between"])
        return page
    }

    private func overwritten(_ operation: TestOperation, _ position: String) throws -> [String] {
        try server.bulk([operation], position)["results"][0]["overwritten"].array.compactMap { $0["value"].string }
    }

    private func edit(_ entity: String) -> TestOperation { .update(entity, "\"id\":\"\(entity)\",\"title\":\"C\"", by: "laptop") }

    @Test func anEditAfterACutPageNamesWhatItReplaces() throws {
        #expect(try overwritten(edit("merged"), try cutPage(complete.cursor).cursor) == ["B"])
    }

    @Test func soDoesOneOfAClientWithoutCursors() throws {
        let page = try cutPage(complete.since)
        try server.restart()
        #expect(try overwritten(edit("merged"), page.since) == ["B"])
    }

    @Test func soDoesOneAfterTwoPages() throws {
        let first = try cutPage(complete.since)
        _ = try server.bulk([.create("server", #""id":"second","title":"A""#, by: "phone")])
        for entity in ["merged", "client"] { try change(entity, #""from":2"#) }
        let second = try server.bulk([], first.since, "\"limit\":1")
        #expect(second.changedIDs == ["second"])
        #expect(try overwritten(edit("merged"), second.since) == ["B"])
    }

    @Test func twoFieldsChangedOnOneSideEachAreBothKeptInSilence() throws {
        let all = try server.bulk([], complete.since)
        try change("merged", #""from":3"#)
        let reply = try server.bulk([edit("merged")], all.since)
        #expect(reply.statuses == ["merged"] && !reply["results"][0]["overwritten"].exists)
    }

    @Test func aDeleteAfterACutPageNamesWhatItDiscards() throws {
        // The newest version is the laptop's own, so that the record as a whole is nobody else's since.
        let page = try cutPage(complete.since)
        try change("client", #""to":9"#, by: "laptop")
        #expect(try overwritten(.delete("client", "client", by: "laptop"), page.since).contains("B"))
    }

    @Test func whatTheClientHasSeenIsNotNamed() throws {
        let all = try server.bulk([], complete.since)
        #expect(try overwritten(edit("merged"), all.since).isEmpty)
        #expect(try overwritten(edit("client"), all.cursor).isEmpty)
    }

    @Test func whatNobodyElseWroteIsNotNamed() throws {
        let page = try cutPage(complete.since)
        _ = try server.bulk([.create("merged", #""id":"own","title":"A""#, by: "laptop")], page.since, "\"limit\":1")
        let all = try server.bulk([], page.since)
        #expect(try overwritten(.update("merged", #""id":"own","title":"B""#, by: "laptop"), all.since).isEmpty)
    }
}
