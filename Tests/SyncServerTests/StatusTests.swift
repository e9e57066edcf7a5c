import HTTP
import HTTPTypes
import SyncEngine
import SyncTesting
import Testing

/// GET status (PROTOCOL section 6) and the limits it tells of.
@Suite struct StatusTests {
    private func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    private func status(_ server: TestServer, ifNoneMatch tag: String?) throws -> Reply {
        var request = Request(method: .get, path: "/api/v1/sync/status")
        request.fields[.authorization] = "Bearer \(try server.token("alice"))"
        request.fields[.ifNoneMatch] = tag
        return try server.send(request)
    }

    @Test func itTellsTheHeadTheLimitsAndTheCounts() throws {
        let server = try TestServer.policies()
        let written = try server.bulk([
            .create("server", #""id":"a","title":"A""#), .create("last", #""id":"b","title":"B""#), .delete("last", "b"),
        ])
        let status = try server.get("/api/v1/sync/status")
        #expect(status["timestamp"] == written["timestamp"])
        #expect(status["epoch"] == written["epoch"])
        #expect(status["limits"].names == ["maxOperations", "maxBodyBytes", "maxRecordBytes", "pageRecords"])
        #expect(status["quota"]["records"].integer == 1)
        #expect(status["quota"]["bytes"].integer ?? 0 > 50)
        #expect(status["openConflicts"].integer == 0)
        #expect(status["entities"]["server"]["records"].integer == 1)
        #expect(status["entities"]["last"]["records"].integer == 0)
        #expect(status["entities"]["last"]["schemaVersion"].integer == 1)
        #expect(try server.get("/api/v1/sync/status?entities=server,last")["entities"].names == ["server", "last"])
        #expect(try server.get("/api/v1/sync/status?entities=none").status == 400)
    }

    @Test func nothingNewIsA304() throws {
        let server = try TestServer.policies()
        let tag = try status(server, ifNoneMatch: nil).fields[.eTag]
        #expect(tag?.hasPrefix("W/\"") == true)
        server.clock.advance(milliseconds: 5000)
        #expect(try status(server, ifNoneMatch: tag).status == 304)
        #expect(try status(server, ifNoneMatch: "\"x\", \(tag ?? "")").status == 304)
        #expect(try status(server, ifNoneMatch: "\"x\"").status == 200)
        _ = try server.bulk([.create("server", #""id":"a","title":"A""#)])
        #expect(try status(server, ifNoneMatch: tag).status == 200)
    }

    @Test func aUserOverTheQuotaMayOnlyShrink() throws {
        let server = try TestServer.policies(
            limits: limits { $0.quotas = ["default": Quota(maxRecords: 2, maxBytes: 100_000), "pro": Quota(maxRecords: 9)] })
        let reply = try server.bulk((1...3).map { .create("server", #""id":"\#($0)","title":"A""#) })
        #expect(reply.statuses == ["applied", "applied", "rejected"])
        #expect(reply.conflictTypes == ["over_quota"])
        #expect(
            try server.bulk([
                .update("server", #""id":"1","title":"B""#), .delete("server", "2"), .create("server", #""id":"3","title":"A""#),
            ]).statuses == ["applied", "applied", "applied"])
        let token = try server.token("alice", plan: "pro")
        var request = Request(method: .get, path: "/api/v1/sync/status")
        request.fields[.authorization] = "Bearer \(token)"
        #expect(try server.send(request)["quota"]["maxRecords"].integer == 9)
    }

    @Test func theBytesOfAUserAreLimited() throws {
        let server = try TestServer.policies(limits: limits { $0.quotas = ["default": Quota(maxRecords: 100, maxBytes: 1000)] })
        let long = String(repeating: "x", count: 900)
        #expect(try server.bulk([.create("server", #""id":"1","title":"A","text":"\#(long)""#)]).statuses == ["applied"])
        #expect(try server.bulk([.create("server", #""id":"2","title":"A","text":"\#(long)""#)]).conflictTypes == ["over_quota"])
        #expect(try server.bulk([.update("server", #""id":"1","text":"short""#)]).statuses == ["applied"])
    }
}
