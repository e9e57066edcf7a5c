import SyncTesting
import Testing

/// Listing and settling stored conflicts (PROTOCOL section 4).
@Suite struct StoredConflictTests {
    private let server: TestServer
    private let conflictID: String

    init() throws {
        server = try TestServer.policies()
        let base = try server.changedByLaptop("ask")
        let reply = try server.bulk([.update("ask", #""id":"r","title":"C","mood":"good""#, by: "tablet", base)])
        conflictID = reply["conflicts"][0]["conflictId"].string ?? ""
    }

    private func resolve(_ resolution: String, _ members: String = "", as user: String = "alice") throws -> Reply {
        try server.post(#"{"conflictId":"\#(conflictID)","resolution":"\#(resolution)"\#(members)}"#, to: "/api/v1/sync/resolve", as: user)
    }

    @Test func theServersSideLeavesTheRecord() throws {
        let reply = try resolve("server")
        #expect(reply.status == 200)
        #expect(reply["result"]["status"].string == "noop")
        #expect(reply["record"]["title"].string == "B")
        #expect(try server.get("/api/v1/sync/conflicts")["conflicts"].array.isEmpty)
    }

    @Test func theClientsSideIsAnOrdinaryWrite() throws {
        let seen = try server.bulk([])
        let reply = try resolve("client", #","deviceId":"tablet""#)
        #expect(reply["result"]["status"].string == "applied")
        #expect(reply["record"]["title"].string == "C" && reply["record"]["mood"].string == "good")
        let change = try server.bulk([], seen.since)["serverChanges"][0]
        #expect(change["clientId"].string == "tablet")
        #expect(change["data"]["version"] == reply["result"]["version"])
    }

    @Test func mergedTakesThePatchThatIsGiven() throws {
        #expect(try resolve("merged", #","data":{"title":"B and C"}"#)["record"]["title"].string == "B and C")
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 0)
    }

    @Test func aRepeatedResolutionIsAnsweredTheSameAndWritesNothing() throws {
        let first = try resolve("client")
        let head = try server.get("/api/v1/sync/status").timestamp
        #expect(try resolve("client").text == first.text)
        #expect(try server.get("/api/v1/sync/status").timestamp == head)
    }

    @Test func aRecordThatHasMovedIsDecidedAnew() throws {
        _ = try server.bulk([.update("ask", #""id":"r","title":"D""#, by: "laptop")], try server.bulk([]).since)
        let moved = try resolve("client")
        #expect(moved.status == 409)
        #expect(moved["conflict"]["serverData"]["title"].string == "D")
        #expect(moved["conflict"]["fields"][0]["server"].string == "D")
        #expect(moved["conflict"]["conflictId"].string == conflictID)
        #expect(try resolve("client").status == 200)
        #expect(try server.record()["title"].string == "C")
    }

    @Test func aConflictThatWasRenewedSinceItWasSeenIsDecidedAnew() throws {
        let seen = try server.get("/api/v1/sync/conflicts")["conflicts"][0]["serverVersion"].integer ?? 0
        _ = try server.bulk([.update("ask", #""id":"r","title":"D""#, by: "laptop")], try server.bulk([]).since)
        // Its operation comes again, so that the stored conflict is about the newest version.
        _ = try server.bulk([.update("ask", #""id":"r","title":"C","mood":"good""#, by: "tablet", #""baseVersion":1"#)])
        let moved = try resolve("client", ",\"serverVersion\":\(seen)")
        #expect(moved.status == 409)
        let fresh = moved["conflict"]["serverVersion"].integer ?? 0
        #expect(try resolve("client", ",\"serverVersion\":\(fresh)").status == 200)
        #expect(try resolve("client", ",\"serverVersion\":\"soon\"").status == 400)
    }

    @Test func whatIsNotValidChangesNothing() throws {
        let reply = try resolve("merged", #","data":{"title":""}"#)
        #expect(reply.status == 400)
        #expect(reply["errors"][0]["path"].string == "data.title")
        #expect(try resolve("merged").status == 400)
        #expect(try resolve("both")["errors"][0]["path"].string == "resolution")
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 1)
    }

    @Test func anotherUsersConflictIsUnknown() throws {
        #expect(try resolve("server", as: "bob").status == 404)
        #expect(try server.get("/api/v1/sync/conflicts", as: "bob")["conflicts"].array.isEmpty)
    }

    @Test func aDeletedRecordIsRevivedByTheClientsSide() throws {
        _ = try server.bulk([.create("server", #""id":"s","title":"A""#, by: "phone"), .delete("server", "s", by: "phone")])
        let id = try server.bulk([.update("server", #""id":"s","title":"B""#, by: "laptop")])["conflicts"][0]["conflictId"].string ?? ""
        let reply = try server.post(#"{"conflictId":"\#(id)","resolution":"client"}"#, to: "/api/v1/sync/resolve")
        #expect(reply["record"]["title"].string == "B")
    }

    @Test func anOperationThatAPersonHasCarriedOutIsAReplay() throws {
        let operation = TestOperation.update("ask", #""id":"r","title":"D""#, by: "tablet", "\"baseVersion\":1", #""opId":"d""#)
        let id = try server.bulk([operation])["conflicts"][0]["conflictId"].string ?? ""
        let settled = try server.post(#"{"conflictId":"\#(id)","resolution":"client"}"#, to: "/api/v1/sync/resolve")
        let late = try server.bulk([operation])["results"][0]
        #expect(late["duplicate"].boolean == true)
        #expect(late["status"] == settled["result"]["status"] && late["version"] == settled["result"]["version"])
        #expect(try server.get("/api/v1/sync/conflicts?state=open")["conflicts"].array.map { $0["conflictId"].string } == [conflictID])
        let other = TestOperation.update("ask", #""id":"r","title":"E""#, by: "tablet", #""opId":"d""#)
        #expect(try server.bulk([other]).conflictTypes == ["op_id_reuse"])
    }

    @Test func anOperationThatAPersonHasRefusedStaysSo() throws {
        let operation = TestOperation.update("server", #""id":"s","title":"A""#, by: "tablet", #""opId":"s""#)
        let id = try server.bulk([operation])["conflicts"][0]["conflictId"].string ?? ""
        _ = try server.post(#"{"conflictId":"\#(id)","resolution":"server"}"#, to: "/api/v1/sync/resolve")
        _ = try server.bulk([.create("server", #""id":"s","title":"B""#, by: "tablet")])
        // A client whose answer was lost hears of the conflict, and it is not open again.
        let late = try server.bulk([operation], try server.bulk([]).since)
        #expect(late.statuses == ["conflict"] && late["conflicts"][0]["conflictId"].string == id)
        #expect(late["conflicts"][0]["serverData"]["title"].string == "B")
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 1)
        let other = TestOperation.update("server", #""id":"s","title":"C""#, by: "tablet", #""opId":"s""#)
        #expect(try server.bulk([other]).conflictTypes == ["op_id_reuse"])
    }

    @Test func aLateCopyOfARefusedOperationDoesNotReplaceANewerEditOfItsClient() throws {
        let refused = TestOperation.update("server", #""id":"s","title":"early""#, by: "tablet", #""baseVersion":1"#)
        #expect(try server.bulk([refused]).conflictTypes == ["not_found"])
        _ = try server.bulk([.create("server", #""id":"s","title":"late""#, by: "tablet")])
        #expect(try server.bulk([refused]).conflictTypes == ["stale"])
        #expect(try server.record("s")["title"].string == "late")
    }

    @Test func aRetryThatGoesThroughSettlesItsConflict() throws {
        let server = try TestServer.sample()
        _ = try server.bulk([.create("links", #""id":"l1","url":"u""#, by: "phone")])
        let create = TestOperation.create("links", #""id":"l2","url":"u""#, by: "tablet", #""opId":"b""#)
        #expect(try server.bulk([create]).conflictTypes == ["constraint"])
        _ = try server.bulk([.delete("links", "l1", by: "phone")])
        #expect(try server.bulk([create]).statuses == ["applied"])
        #expect(try server.get("/api/v1/sync/conflicts?state=open")["conflicts"].array.isEmpty)
        #expect(try server.get("/api/v1/sync/conflicts?state=settled")["conflicts"].array.count == 1)
    }

    @Test func conflictsComeInPages() throws {
        for number in 0..<5 { _ = try server.bulk([.update("ask", #""id":"none\#(number)","title":"A""#)]) }
        var ids: [String] = []
        var cursor = "0"
        var hasMore = true
        while hasMore {
            let page = try server.get("/api/v1/sync/conflicts?state=open&limit=2&cursor=\(cursor)")
            ids += page["conflicts"].array.compactMap(\.["conflictId"].string)
            cursor = page["cursor"].string ?? ""
            hasMore = page["hasMore"].boolean ?? false
        }
        #expect(ids.count == 6 && Set(ids).count == 6 && ids.first == conflictID)
        #expect(try server.get("/api/v1/sync/conflicts?state=x&limit=0&cursor=y")["errors"].array.count == 3)
    }

    @Test func theOldestOfMoreThanAThousandGoFirst() throws {
        for start in stride(from: 0, to: 1000, by: 250) {
            _ = try server.bulk((start..<start + 250).map { .update("ask", #""id":"none\#($0)","title":"A""#) })
        }
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 1000)
        #expect(try resolve("server").status == 404)
    }
}
