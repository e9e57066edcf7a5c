import Foundation
import SyncTesting
import Testing

/// What one request may take of the responder's memory: less than 4 times its own size, and 16 MB (Docs/security.md).
@Suite struct MemoryTests {
    /// A request that makes much of little: many conflicts on long records, or long answers.
    enum Demand: CaseIterable {
        case conflictsOnOneRecord, conflictsOnManyRecords, listOfConflicts, resolution, check, page
    }

    @Test(arguments: Demand.allCases) func oneRequestTakesLittleMemory(for demand: Demand) async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("alice")
        // More than the writer's page cache, so that it grows no more.
        for number in 0..<90 { _ = try await client.bulk([Self.note(number)]) }
        let request = try await prepare(demand, client)
        let before = try Self.memory("VmRSS", of: server.responder)
        try "5".write(toFile: "/proc/\(try server.responder)/clear_refs", atomically: false, encoding: .utf8)
        let reply = try await request.send(client)
        let used = try Self.memory("VmHWM", of: server.responder) - before
        #expect(reply.status == 200, "\(reply.text.prefix(300))")
        #expect(request.isExpected(reply), "\(reply.text.prefix(300))")
        #expect(used < 4 * request.size + 16_000_000, "\(used) bytes for a request of \(request.size)")
    }

    private struct Call {
        var size = 0
        let send: (LiveClient) async throws -> Reply
        let isExpected: (Reply) -> Bool

        init(get target: String, isExpected: @escaping (Reply) -> Bool) {
            send = { try await $0.get(target) }
            self.isExpected = isExpected
        }

        init(post target: String, _ body: String, isExpected: @escaping (Reply) -> Bool) {
            size = body.utf8.count
            send = { try await $0.post(target, body) }
            self.isExpected = isExpected
        }
    }

    private func prepare(_ demand: Demand, _ client: LiveClient) async throws -> Call {
        switch demand {
        case .conflictsOnOneRecord:
            Call(post: "/api/v1/sync/bulk", Self.edits(500) { _ in 0 }) { $0["conflicts"].array.count == 500 }
        case .conflictsOnManyRecords:
            Call(post: "/api/v1/sync/bulk", Self.edits(500) { $0 % 90 }) { $0["conflicts"].array.count == 500 }
        case .listOfConflicts:
            Call(get: try await withConflicts(client, "/api/v1/sync/conflicts?limit=1000")) { $0["conflicts"].array.count > 1 }
        case .resolution:
            try await resolution(client)
        case .check:
            Call(
                post: "/api/v1/sync/check",
                #"{"timestamp":"\#(try await client.get("/api/v1/sync/status")["timestamp"].string ?? "")","entities":{"notes":{"count":1,"digest":"\#(String(repeating: "0", count: 16))"}}}"#
            ) { $0["serverChanges"].array.count > 1 }
        case .page:
            Call(get: "/api/v1/sync/changes?limit=1000") { $0["serverChanges"].array.count > 1 }
        }
    }

    private func withConflicts(_ client: LiveClient, _ target: String) async throws -> String {
        for _ in 0..<2 { _ = try await client.post("/api/v1/sync/bulk", Self.edits(100, length: 9000) { $0 % 90 }) }
        return target
    }

    private func resolution(_ client: LiveClient) async throws -> Call {
        _ = try await client.post("/api/v1/sync/bulk", Self.edits(1) { _ in 0 })
        let id = try await client.get("/api/v1/sync/conflicts")["conflicts"][0]["conflictId"].string ?? ""
        let data = #"{"title":"T","content":"\#(String(repeating: "y", count: 190_000))"}"#
        return Call(post: "/api/v1/sync/resolve", #"{"conflictId":"\#(id)","resolution":"merged","data":\#(data)}"#) { _ in true }
    }

    private static func note(_ number: Int) -> TestOperation {
        .create("notes", #""id":"n\#(number)","title":"T","content":"\#(String(repeating: "x", count: 190_000))""#, by: "phone")
    }

    /// Edits of a client that has seen nothing.
    private static func edits(_ count: Int, length: Int = 1, of note: (Int) -> Int) -> String {
        let edits = (0..<count).map { number in
            TestOperation.update(
                "notes", #""id":"n\#(note(number))","content":"\#(number)\#(String(repeating: "z", count: length))""#,
                #""opId":"\#(length)-\#(number)-\#(UUID())""#)
        }
        return #"{"lastSyncTimestamp":1,"operations":[\#(edits.map(\.json).joined(separator: ","))]}"#
    }

    /// In bytes; `field` is one of proc(5)'s status.
    private static func memory(_ field: String, of process: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(field):") } ?? ""
        return 1024 * (Int(line.filter(\.isNumber)) ?? 0)
    }
}
