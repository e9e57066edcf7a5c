import SyncStore
import SyncTesting
import Testing

/// A replay changes nothing, whatever has happened meanwhile (PROTOCOL section 3).
@Suite struct ReplayTests {
    private let server: TestServer

    init() throws { server = try TestServer.policies() }

    @Test func aReplayOfAnAppliedUpdateDoesNotUndoALaterOne() throws {
        _ = try server.bulk([.create("last", #""id":"r","title":"A""#)])
        let operation = TestOperation.update("last", #""id":"r","title":"B""#)
        let first = try server.bulk([operation])
        _ = try server.bulk([.update("last", #""id":"r","title":"C""#, by: "laptop", at: "2026-11-21")])
        let replay = try server.bulk([operation])
        #expect(replay["results"][0]["duplicate"].boolean == true)
        #expect(replay["results"][0]["version"] == first["results"][0]["version"])
        #expect(try server.record()["title"].string == "C")
    }

    @Test func aReplayOfADeleteThatFoundNothingDeletesNothingLater() throws {
        let delete = TestOperation.delete("last", "r", by: "phone")
        #expect(try server.bulk([delete]).statuses == ["noop"])
        _ = try server.bulk([.create("last", #""id":"r","title":"A""#, by: "laptop")])
        #expect(try server.bulk([delete]).statuses == ["noop"])
        #expect(try server.record()["title"].string == "A")
    }

    @Test func overwrittenIsNamedAgain() throws {
        let base = try server.changedByLaptop("client")
        let operation = TestOperation.update("client", #""id":"r","title":"C""#, by: "tablet", base)
        let first = try server.bulk([operation])
        #expect(try server.bulk([operation])["results"][0]["overwritten"] == first["results"][0]["overwritten"])
    }

    @Test func oneOpIdWithOtherDataIsRejected() throws {
        _ = try server.bulk([.create("last", #""id":"r","title":"A""#, by: "phone", #""opId":"1""#)])
        let other = try server.bulk([.create("last", #""id":"r","title":"B""#, by: "phone", #""opId":"1""#)])
        #expect(other.statuses == ["rejected"])
        #expect(other.conflictTypes == ["op_id_reuse"])
        #expect(
            try server.bulk([.create("last", #""id":"r","title":"A""#, by: "tablet", #""opId":"1""#)])["results"][0]["duplicate"].boolean
                == true)
    }

    @Test func equalOperationsOfOneRequestAreTwo() throws {
        let operation = TestOperation.create("last", #""title":"A""#)
        let first = try server.bulk([operation, operation])
        #expect(Set(first["results"].array.compactMap(\.["id"].string)).count == 2)
        let replay = try server.bulk([operation, operation])
        #expect(replay["results"].array.compactMap(\.["id"].string) == first["results"].array.compactMap(\.["id"].string))
    }

    @Test func equalUpdatesOfTwoRecordsAreTwo() throws {
        _ = try server.bulk([.create("last", #""id":"r","title":"A""#), .create("last", #""id":"s","title":"A""#)])
        let reply = try server.bulk([.update("last", #""id":"r","title":"B""#), .update("last", #""id":"s","title":"B""#)])
        #expect(reply.statuses == ["applied", "applied"])
        #expect(!reply["results"][1]["duplicate"].exists)
    }

    @Test func aConflictIsJudgedAgainUnderTheSameIdAndSettledIfItGoesThrough() throws {
        let base = try server.changedByLaptop("ask")
        let operation = TestOperation.update("ask", #""id":"r","title":"C""#, by: "tablet", base)
        let first = try server.bulk([operation])["conflicts"][0]["conflictId"].string
        #expect(try server.bulk([operation])["conflicts"][0]["conflictId"].string == first)
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 1)
        _ = try server.bulk([.update("ask", #""id":"r","title":"C""#, by: "laptop")], try server.bulk([]).since)
        #expect(try server.bulk([operation]).statuses == ["noop"])
        #expect(try server.get("/api/v1/sync/status")["openConflicts"].integer == 0)
        #expect(try server.get("/api/v1/sync/conflicts?state=settled")["conflicts"][0]["conflictId"].string == first)
    }

    @Test func outcomesSurviveARestartAndEndWithTheRetention() throws {
        let operation = TestOperation.update("last", #""id":"r","title":"B""#)
        _ = try server.bulk([.create("last", #""id":"r","title":"A""#), operation])
        try server.restart()
        #expect(try server.bulk([operation])["results"][0]["duplicate"].boolean == true)
        server.clock.advance(milliseconds: 1000)
        try server.store.purge(before: server.clock.now())
        #expect(try !server.bulk([operation])["results"][0]["duplicate"].exists)
    }
}
