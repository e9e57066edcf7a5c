import HTTP
import HTTPTypes
import SyncStore
import SyncTesting
import Testing

@testable import SyncServer

/// Errors as PROTOCOL section 7 has them; none of them changes anything.
@Suite struct ErrorTests {
    private let server: TestServer

    init() throws { server = try TestServer.sample() }

    @Test(arguments: [
        "", "{", "[]", "null", "nonsense", "{\"operations\":[}", "{\"operations\":[]}x", "{\"operations\":[],\"a\":\"\u{1}\"}",
    ])
    func whatIsNotAnEnvelopeIsMalformed(body: String) throws {
        let reply = try server.post(body)
        #expect(reply.status == 400)
        #expect(reply["code"].integer == 400)
        #expect(reply["message"].string?.hasSuffix(".") == true)
    }

    @Test func everyFaultIsListedWithItsPath() throws {
        let reply = try server.post(
            #"{"operations":[{"entity":7,"operation":"drop","data":[],"clientId":"","timestamp":"x"},5,{}],"limit":0,"lastSyncTimestamp":{},"deviceId":1}"#
        )
        #expect(reply.status == 400)
        let paths = reply["errors"].array.compactMap(\.["path"].string)
        #expect(
            Set(paths).isSuperset(of: [
                "operations[0].entity", "operations[0].operation", "operations[0].data", "operations[0].clientId",
                "operations[1]", "operations[2].entity", "limit", "lastSyncTimestamp", "deviceId",
            ]))
    }

    @Test func atMostTwentyFaultsAreListed() throws {
        let reply = try server.post("{\"operations\":[\(Array(repeating: "1", count: 50).joined(separator: ","))]}")
        #expect(reply["errors"].array.count == 20)
    }

    @Test func oneFaultInTheEnvelopeAppliesNothing() throws {
        let good = TestOperation.create("tasks", #""id":"t1","title":"A""#).json
        #expect(try server.post("{\"operations\":[\(good),{}]}").status == 400)
        #expect(try server.get("/api/v1/sync/changes").changedIDs == [])
    }

    @Test func operationsBeyondTheLimitAreRejectedOneByOneAndTheOthersCarriedOut() throws {
        let reply = try server.bulk((0...501).map { .create("tasks", #""id":"t\#($0)","title":"A""#) })
        #expect(reply.status == 200 && reply["success"].boolean == false)
        #expect(reply.statuses == Array(repeating: "applied", count: 500) + ["rejected", "rejected"])
        #expect(reply.conflictTypes == ["too_many", "too_many"])
        #expect(reply["conflicts"][0]["data"]["id"].string == "t500" && reply["conflicts"][0]["index"].integer == 500)
        #expect(try server.get("/api/v1/sync/status")["entities"]["tasks"]["records"].integer == 500)
        // The client keeps the rejected operations and sends them again.
        let rest = try server.bulk((500...501).map { .create("tasks", #""id":"t\#($0)","title":"A""#) }, reply.since)
        #expect(rest.statuses == ["applied", "applied"])
    }

    @Test func aRequestWithTwentyTimesAsManyOperationsIsMalformed() throws {
        let reply = try server.bulk((0...10_000).map { .create("tasks", #""id":"t\#($0)","title":"A""#) })
        #expect(reply.status == 400)
        #expect(reply["errors"][0]["path"].string == "operations")
    }

    @Test(arguments: [#""timestamp":"yesterday""#, #""timestamp":null"#, #""x":1"#, #""timestamp":{}"#])
    func aWrongDateRefusesItsOperationAlone(member: String) throws {
        let wrong = #"{"entity":"tasks","operation":"create","data":{"id":"t1","title":"A"},"clientId":"laptop",\#(member)}"#
        let reply = try server.post("{\"operations\":[\(wrong),\(TestOperation.create("tasks", #""id":"t2","title":"A""#).json)]}")
        #expect(reply.statuses == ["rejected", "applied"])
        #expect(reply["conflicts"][0]["type"].string == "validation")
        #expect(reply["conflicts"][0]["errors"][0]["path"].string == "timestamp")
    }

    @Test func aWrongBaseRefusesItsOperationAlone() throws {
        let reply = try server.bulk([
            .create("tasks", #""id":"t1","title":"A""#, "\"baseVersion\":\"soon\""), .create("tasks", #""id":"t2","title":"A""#),
        ])
        #expect(reply.statuses == ["rejected", "applied"])
        #expect(reply["conflicts"][0]["errors"][0]["path"].string == "baseVersion")
    }

    @Test func anUnknownPathIsNotFound() throws {
        #expect(try server.get("/api/v1/sync/bulk/").status == 404)
        #expect(try server.get("/").status == 404)
    }

    @Test func aWrongMethodNamesTheRightOnes() throws {
        let reply = try server.get("/api/v1/sync/bulk")
        #expect(reply.status == 405)
        #expect(reply.fields[.allow] == "POST")
        let status = try server.send(Request(method: .delete, path: "/api/v1/sync/status"))
        #expect(status.fields[.allow] == "GET, HEAD")
    }

    @Test func bodiesThatAreNotWholeOrNotJSONAreRefused() throws {
        func send(_ body: Request.Body, type: String? = "application/json", encoding: String? = nil) throws -> Reply {
            var request = Request(method: .post, path: "/api/v1/sync/bulk", body: body)
            request.fields[.authorization] = "Bearer \(try server.token("alice"))"
            request.fields[.contentType] = type
            request.fields[.contentEncoding] = encoding
            return try server.send(request)
        }
        let body = Request.Body.complete(Array(#"{"operations":[]}"#.utf8))
        #expect(try send(.tooLarge).status == 413)
        #expect(try send(.incomplete(expected: 10, received: 3)).status == 400)
        #expect(try send(body, type: "text/plain").status == 415)
        #expect(try send(body, encoding: "br").status == 415)
        #expect(try send(body, type: "application/json; charset=utf-8").status == 200)
        #expect(try send(body, type: "Application/JSON ;charset=utf-8").status == 200)
        #expect(try send(body, type: "application/vnd.meelio+json").status == 200)
        #expect(try send(body, type: nil).status == 200)
    }

    @Test(arguments: [StoreError.overloaded, .unavailable("disk full"), .unusable("no such table")])
    func aServerThatCannotWriteSaysWhenToComeAgain(error: StoreError) {
        let answer = ErrorResponse(error)
        #expect(answer.status == .serviceUnavailable)
        #expect(Int(answer.fields[.retryAfter] ?? "") ?? 0 > 0)
    }

    @Test func theMetricsCountRequestsAndOperations() throws {
        let text = { [server] in
            try server.text(of: Request(method: .get, path: "/metrics"))
        }
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"A""#), .create("nots", #""id":"n1""#)])
        _ = try server.post("{")
        let metrics = try text()
        #expect(metrics.contains(#"meelio_sync_requests_total{route="bulk",status="200"} 1"#))
        #expect(metrics.contains(#"meelio_sync_requests_total{route="bulk",status="400"} 1"#))
        #expect(metrics.contains(#"meelio_sync_operations_total{entity="tasks",status="applied"} 1"#))
        #expect(metrics.contains(#"meelio_sync_operations_total{entity="unknown",status="rejected"} 1"#))
        #expect(metrics.contains("meelio_sync_request_duration_seconds_count{route=\"bulk\"} 2"))
    }

    @Test func healthAndReadinessNeedNoToken() throws {
        #expect(try server.send(Request(method: .get, path: "/health"))["status"].string == "ok")
        #expect(try server.send(Request(method: .get, path: "/ready"))["status"].string == "ready")
    }
}
