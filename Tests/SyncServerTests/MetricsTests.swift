import HTTP
import HTTPTypes
import SyncTesting
import Testing

@testable import SyncServer

@Suite struct MetricsTests {
    private let server: TestServer

    init() throws { server = try TestServer.sample() }

    private func samples() throws -> [String: Double] {
        try server.text(of: Request(method: .get, path: "/metrics")).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .reduce(into: [:]) { samples, line in
                let end = try #require(line.lastIndex(of: " "))
                let name = String(line[..<end])
                #expect(samples[name] == nil, "\(name) stands there twice.")
                samples[name] = Double(line[line.index(after: end)...])
            }
    }

    @Test func aConflictIsCountedByEntityAndType() throws {
        _ = try server.bulk([.create("nots", #""id":"n1""#)])
        #expect(try samples()[#"meelio_sync_conflicts_total{entity="unknown",type="unknown_entity"}"#] == 1)
    }

    @Test func aCursorThatIsRefusedIsCountedWithItsReason() throws {
        _ = try server.get("/api/v1/sync/changes?cursor=nonsense")
        #expect(try samples()[#"meelio_sync_cursor_resets_total{reason="malformed"}"#] == 1)
    }

    @Test func refusedLoginsAreCountedByReason() throws {
        let token = try server.token("alice")
        func status(_ authorization: String?) throws -> Int {
            var request = Request(method: .get, path: "/api/v1/sync/status")
            if let authorization { request.fields[.authorization] = authorization }
            return try server.send(request).status
        }
        #expect(try status(nil) == 401)
        #expect(try status("Bearer \(token)x") == 401)
        server.clock.advance(milliseconds: 7_200_000)
        #expect(try status("Bearer \(token)") == 401)
        for reason in ["missing", "invalid", "expired"] {
            #expect(try samples()["meelio_sync_refused_logins_total{reason=\"\(reason)\"}"] == 1)
        }
    }

    @Test func aTokenIsLookedUpWhereItWasLast() throws {
        let token = try server.token("alice")
        for _ in 0..<3 {
            let fields: HTTPFields = [.authorization: "Bearer \(token)"]
            _ = try server.send(Request(method: .get, path: "/api/v1/sync/status", fields: fields))
        }
        let samples = try samples()
        #expect(samples[#"meelio_sync_token_lookups_total{found="signature"}"#] == 1)
        #expect(samples[#"meelio_sync_token_lookups_total{found="thread"}"#] == 2)
    }

    @Test func aWriteIsCountedAsItWaitsAndCommits() throws {
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"A""#)])
        let samples = try samples()
        #expect(samples[#"meelio_sync_request_waiting_seconds_count{route="bulk"}"#] == 1)
        #expect(samples[#"meelio_sync_request_working_seconds_count{route="bulk"}"#] == 1)
        #expect(samples["meelio_sync_commit_seconds_count"] == 1)
        #expect(samples["meelio_sync_commit_batch_bulks_sum"] == 1)
        #expect(samples["meelio_sync_waiting_writes"] == 0)
        #expect(try #require(samples["meelio_sync_wal_bytes"]) > 0)
        #expect(try #require(samples["meelio_sync_database_bytes"]) > 0)
    }

    @Test func whatAClientMakesUpIsNoLabel() throws {
        for number in 0..<20 {
            _ = try server.get("/made-up-\(number)")
            _ = try server.bulk([.create("made-up-\(number)", #""id":"n1""#)])
        }
        #expect(try !samples().keys.contains { $0.contains("made-up") })
    }

    @Test func theBucketsOfAHistogramGrowUpToItsCount() throws {
        _ = try server.get("/api/v1/sync/status")
        let text = try server.text(of: Request(method: .get, path: "/metrics"))
        let buckets = text.split(separator: "\n").filter { $0.hasPrefix(#"meelio_sync_request_duration_seconds_bucket{route="status""#) }
            .compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(buckets == buckets.sorted() && buckets.last == 1)
    }

    @Test func threadsThatCountTheSameAreAddedUp() {
        let metrics = Metrics()
        let threads = [metrics.makeCounters(), metrics.makeCounters()]
        for counters in threads {
            counters.count(.status, status: 200, Call.Times(working: 1000), requestBytes: 0, responseBytes: 10)
        }
        var text: [UInt8] = []
        metrics.write(to: &text)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains(#"meelio_sync_requests_total{route="status",status="200"} 2"#))
        #expect(lines.contains(#"meelio_sync_request_duration_seconds_count{route="status"} 2"#))
    }

    @Test func theProcessIsDescribed() throws {
        #expect(ProcessStatus.startTime > 1_700_000_000)
        #expect(ProcessStatus.memory(field: 1) > 1_000_000)
        #expect(ProcessStatus.openFiles >= 3)
        #expect(ProcessStatus.maxFiles >= ProcessStatus.openFiles)
        #expect(ProcessStatus.cpuSeconds > 0)
    }
}
