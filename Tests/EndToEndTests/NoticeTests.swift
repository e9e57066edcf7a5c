import Foundation
import SyncTesting
import Testing

/// Change notices through nginx and its module nchan, as an open page hears them.
@Suite(.serialized) struct NoticeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What waits for notices on a user's channel.
    private final class Listener {
        private let program: RunningProgram

        init(_ server: LiveServer, _ channel: String) async throws {
            program = try RunningProgram([
                "curl", "-sN", "--max-time", "120", "-H", "Accept: text/event-stream", "\(server.url)/api/v1/sync/notices/\(channel)",
            ])
            try await program.wait(for: "nginx greets a listener") { program.output.hasPrefix(":") }
        }

        deinit { program.terminate() }

        var notices: [String] {
            program.output.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst("data: ".count)) }
        }
    }

    private func channel(of client: LiveClient) async throws -> String {
        try #require(try await client.get("/api/v1/sync/status")["notices"].string)
    }

    @Test func aWriteIsAnnouncedWithItsVersionAndNothingElse() async throws {
        let server = try await LiveServer(in: folder)
        let alice = try server.client("alice")
        let listener = try await Listener(server, try await channel(of: alice))
        let reply = try await alice.bulk([.create("tasks", #""id":"a","title":"Secret""#)])
        let timestamp = try #require(reply["timestamp"].string)
        try await eventually("a notice has come") { listener.notices == [#"{"timestamp":"\#(timestamp)"}"#] }
    }

    @Test func nobodyHearsOfAnother() async throws {
        let server = try await LiveServer(in: folder)
        let (alice, bob) = (try server.client("alice"), try server.client("bob"))
        let (alices, bobs) = (
            try await Listener(server, try await channel(of: alice)), try await Listener(server, try await channel(of: bob))
        )
        _ = try await alice.bulk([.create("tasks", #""id":"a","title":"A""#)])
        _ = try await bob.bulk([.create("tasks", #""id":"b","title":"B""#)])
        try await eventually("both have heard of theirs") { alices.notices.count == 1 && bobs.notices.count == 1 }
        #expect(alices.notices != bobs.notices)
    }

    /// nchan 1.3.6 ends nginx's worker on some of these, if it is told to keep messages or to begin with an old one.
    @Test func noListenerEndsAWorkerOfNginx() async throws {
        let server = try await LiveServer(in: folder)
        let alice = try server.client("alice")
        let address = "\(server.url)/api/v1/sync/notices/\(try await channel(of: alice))"
        let fields = [
            "Last-Event-ID: 1:-1", "Last-Event-ID: -1", "If-None-Match: -1", "If-Modified-Since: Fri, 29 Nov 2019 13:51:02 GMT",
            "Last-Event-ID: 99999999999999999999:9999999", "Accept: */*", "Upgrade: websocket",
        ]
        let odd = try fields.flatMap { field in
            try (0..<4).map { _ in
                try RunningProgram(["curl", "-sN", "--max-time", "20", "-H", "Accept: text/event-stream", "-H", field, address])
            }
        }
        defer { odd.forEach { $0.terminate() } }
        let listeners = try await [Listener(server, channel(of: alice)), Listener(server, channel(of: alice))]
        _ = try await alice.bulk([.create("tasks", #""id":"a","title":"A""#)])
        try await eventually("all have heard of it") { listeners.allSatisfy { $0.notices.count == 1 } }
        #expect(!server.nginxLog.contains("signal"))
    }

    @Test func nobodyButTheServerCanAnnounceAnything() async throws {
        let server = try await LiveServer(in: folder)
        let alice = try server.client("alice")
        let channel = try await channel(of: alice)
        let listener = try await Listener(server, channel)
        for path in ["/api/v1/sync/notices/\(channel)", "/\(channel)"] {
            let reply = try await alice.post(path, #"{"timestamp":"2099-01-01T00:00:00.000Z"}"#)
            #expect(reply.status >= 400)
        }
        _ = try await alice.bulk([.create("tasks", #""id":"a","title":"A""#)])
        try await eventually("the server's own has come") { !listener.notices.isEmpty }
        #expect(!listener.notices.contains { $0.contains("2099") })
    }

    @Test func aServerWhoseNoticesNobodyTakesAnswersAsEver() async throws {
        let server = try await LiveServer(in: folder, environment: ["MEELIO_SYNC_NOTICES": "unix:nobody.sock"])
        let alice = try server.client("alice")
        for index in 0..<5 {
            #expect(try await alice.bulk([.create("tasks", #""id":"\#(index)","title":"A""#)]).status == 200)
        }
        try await eventually("the log says why nobody hears of it: \(server.output)") {
            server.output.contains(
                "nobody.sock', cannot be connected to: No such file or directory. Devices hear of changes at their next look.")
        }
    }

    @Test func withoutTheSettingThereIsNoChannel() async throws {
        let server = try await LiveServer(in: folder, environment: ["MEELIO_SYNC_NOTICES": ""])
        let status = try await server.client("alice").get("/api/v1/sync/status")
        #expect(status.status == 200)
        #expect(!status["notices"].exists)
    }
}
