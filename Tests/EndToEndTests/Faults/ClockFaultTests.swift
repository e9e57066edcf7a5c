import Foundation
import SyncTesting
import Testing

extension FaultTests {
    /// A clock that jumps, under a server that runs.
    @Suite struct ClockFaultTests {
        private let shim: Shim
        private let server: FaultServer

        init() async throws {
            shim = try Shim()
            server = try FaultServer()
            try shim.clock(offBy: 0)
            try await server.startResponder(shim.preparation)
            try await server.startNginx()
        }
    }
}

extension FaultTests.ClockFaultTests {
    private static let day = 86_400

    @Test(arguments: [-day, 365 * day]) func versionsGoOnWhereverTheClockJumps(first jump: Int) async throws {
        let client = try server.client("alice", days: 1000)
        let phone = Phone(client)
        var versions: [Int] = []
        for (round, offset) in [0, jump, 0, -jump, 0].enumerated() {
            try shim.clock(offBy: offset)
            for number in 0..<5 {
                let reply = try await client.bulk([.create("tasks", "\"id\":\"\(round)-\(number)\",\"title\":\"A\"")])
                versions.append(reply["results"][0]["version"].integer ?? 0)
            }
            // A page for each jump: its cursor has to be good after the next.
            try await phone.pull()
        }
        #expect(versions == versions.sorted())
        #expect(Set(versions).count == 25)
        #expect(phone.ids.sorted() == (0..<25).map { "\($0 / 5)-\($0 % 5)" })
        #expect(phone.resets == 1, "the first page alone is one that begins anew")
        try await restart()
        let later = try await client.bulk([.create("tasks", #""id":"later","title":"A""#)])
        #expect(later["results"][0]["version"].integer ?? 0 > versions[24])
    }

    @Test func whatIsSentAgainAfterTheClockWentBackIsKnown() async throws {
        let client = try server.client("alice")
        let create = TestOperation.create("tasks", #""id":"t1","title":"A""#)
        let first = try await client.bulk([create])
        try shim.clock(offBy: -Self.day)
        let again = try await client.bulk([create])
        #expect(again["results"][0]["duplicate"].boolean == true)
        #expect(again["results"][0]["version"].integer == first["results"][0]["version"].integer)
    }

    /// A token may be a little younger than the clock, and no more: the machine's clock is to be right.
    @Test func aTokenThatHasExpiredWhileTheClockWasAheadIsGoodAgainAfterwards() async throws {
        let client = try server.client("alice", days: 30)
        #expect(try await client.get("/api/v1/sync/status").status == 200)
        try shim.clock(offBy: 365 * Self.day)
        #expect(try await client.get("/api/v1/sync/status").status == 401)
        try shim.clock(offBy: -Self.day)
        #expect(try await client.get("/api/v1/sync/status").status == 200)
    }

    @Test func aPurgeWhileTheClockIsAheadTakesTombstonesAndNoRecords() async throws {
        let client = try server.client("alice", days: 1000)
        let phone = Phone(client)
        _ = try await client.bulk((0..<10).map { .create("tasks", "\"id\":\"\($0)\",\"title\":\"A\"") })
        try await phone.pull()
        _ = try await client.bulk((0..<5).map { .delete("tasks", "\($0)") })
        try shim.clock(offBy: 365 * Self.day)
        #expect(try purge().contains("Purged 5 tombstones"))
        try shim.clock(offBy: 0)
        // Its cursor is older than what was purged: it gets everything anew, and so has what is there.
        try await phone.pull()
        #expect(phone.ids.sorted() == (5..<10).map { "\($0)" })
        #expect(try await client.bulk([.create("tasks", #""id":"new","title":"A""#)])["results"][0]["status"].string == "applied")
    }

    @Test func aPurgeAfterTheClockWasAheadTakesNothingThatIsYoung() async throws {
        let client = try server.client("alice", days: 1000)
        try shim.clock(offBy: 365 * Self.day)
        _ = try await client.bulk([.create("tasks", #""id":"t1","title":"A""#)])
        try shim.clock(offBy: 0)
        _ = try await client.bulk([.delete("tasks", "t1")])
        #expect(try purge().contains("Purged 0 tombstones"))
    }

    private func purge() throws -> String {
        try Shell.run(
            "/bin/sh", ["-c", "\(shim.preparation); exec '\(Binary.path)' purge"], environment: ["MEELIO_SYNC_STATE": server.state])
    }

    private func restart() async throws {
        try await server.killResponder()
        try await server.startResponder(shim.preparation)
    }
}

/// A device that pulls with a cursor.
private final class Phone {
    private(set) var ids: Set<String> = []
    private(set) var resets = 0
    private let client: LiveClient
    private var cursor = ""

    init(_ client: LiveClient) { self.client = client }

    func pull() async throws {
        var hasMore = true
        while hasMore {
            let reply = try await client.get("/api/v1/sync/changes?limit=3" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
            guard reply.status == 200 else { throw Failure("A pull was answered with \(reply.status): \(reply.text)") }
            if cursor.isEmpty || reply["reset"].boolean == true {
                resets += 1
                ids = []
            }
            for change in reply["serverChanges"].array {
                guard let id = change["data"]["id"].string else { continue }
                if change["operation"].string == "delete" { ids.remove(id) } else { ids.insert(id) }
            }
            cursor = reply["cursor"].string ?? ""
            hasMore = reply["hasMore"].boolean ?? false
        }
    }
}
