import SyncKit
import SyncStore
import SyncTesting
import Testing

/// A device that drifted heals itself.
@Suite struct CheckTests {
    private let server: TestServer
    private let seen: Reply

    init() throws {
        server = try TestServer.policies()
        _ = try server.bulk(
            (1...3).map { .create("server", #""id":"t\#($0)","title":"A""#) } + [
                .create("last", #""id":"l","title":"A""#), .delete("server", "t3"),
            ])
        seen = try server.bulk([])
    }

    /// What a client computes of the changes that it has.
    private func digest(_ entity: String) -> (count: Int, digest: String) {
        let records = seen["serverChanges"].array.filter { $0["entity"].string == entity }.map(\.["data"])
        let sum = records.reduce(UInt32(0)) { sum, record in
            sum &+ RecordDigest.of(id: record["id"].string ?? "", version: Version(Int64(record["version"].integer ?? 0)))
        }
        let text = String(sum, radix: 16)
        return (records.count, String(repeating: "0", count: 8 - text.count) + text)
    }

    private func check(_ claims: String, at timestamp: String? = nil) throws -> Reply {
        try server.post(#"{"timestamp":"\#(timestamp ?? seen.timestamp)","entities":{\#(claims)}}"#, to: "/api/v1/sync/check")
    }

    @Test func aDeviceThatHasEverythingMatches() throws {
        let (tasks, last) = (digest("server"), digest("last"))
        let reply = try check(
            #""server":{"count":\#(tasks.count),"digest":"\#(tasks.digest)"},"last":{"count":\#(last.count),"digest":"\#(last.digest)"}"#)
        #expect(reply["upToDate"].boolean == true)
        #expect(reply["mismatched"].array.isEmpty)
        #expect(reply["entities"]["server"]["matches"].boolean == true)
        #expect(!reply["cursor"].exists)
    }

    @Test func whatDoesNotMatchComesBackWhole() throws {
        let last = digest("last")
        let reply = try check(#""server":{"count":1,"digest":"00000000"},"last":{"count":\#(last.count),"digest":"\#(last.digest)"}"#)
        #expect(reply["mismatched"].array.map(\.string) == ["server"])
        #expect(reply["resetReason"].string == "mismatch")
        #expect(reply.changedIDs == ["t1", "t2", "t3"])
        let next = try server.get("/api/v1/sync/changes?entities=server&cursor=\(reply["cursor"].string ?? "")")
        #expect(next.changedIDs.isEmpty && !next["reset"].exists)
    }

    @Test func aDeviceThatIsBehindHasToPullFirst() throws {
        _ = try server.bulk([.create("server", #""id":"t9","title":"A""#)])
        let reply = try check(#""server":{"count":1,"digest":"00000000"}"#)
        #expect(reply["upToDate"].boolean == false)
        #expect(reply["serverChanges"].array.isEmpty && !reply["cursor"].exists)
    }

    @Test func aRequestThatIsWrongIsExplained() throws {
        #expect(try check(#""none":{"count":1,"digest":"0"}"#)["errors"][0]["path"].string == "entities.none")
        #expect(try check(#""server":{"count":"1"}"#).status == 400)
        #expect(try server.post("{}", to: "/api/v1/sync/check")["errors"].array.count == 2)
    }

    @Test func theDigestIsTheOneOfTheDocumentation() {
        // Computed with the JavaScript of Docs/protocol.md.
        #expect(RecordDigest.of(id: "t1", version: Version(1_795_000_000_000)) == 0x2294_B669)
    }
}
