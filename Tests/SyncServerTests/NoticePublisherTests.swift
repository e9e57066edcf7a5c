import Foundation
import Glibc
import Logging
import Sockets
import SyncStore
import SyncTesting
import Testing
@testable import SyncServer

/// What becomes of notices that nginx does not take.
@Suite struct NoticePublisherTests {
    private let folder: TemporaryFolder
    private let metrics = Metrics()

    init() throws { folder = try TemporaryFolder() }

    private func publisher(maxWaiting: Int = 10_000) throws -> NoticePublisher {
        try NoticePublisher(
            path: folder.path + "/notices.sock", channels: NoticeChannels(secret: [1, 2, 3]), metrics: metrics,
            logger: Logger(label: "test"), maxWaiting: maxWaiting, pause: 0)
    }

    private func count(_ outcome: String) -> Int {
        var text: [UInt8] = []
        metrics.write(to: &text)
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("meelio_sync_notices_total{outcome=\"\(outcome)\"}")
        }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    private func user(_ name: String) throws -> UserID { try #require(UserID(name)) }

    /// A socket at which nobody ever answers.
    private func listenInSilence() throws -> Int32 {
        let address = try #require(SocketAddress(path: folder.path + "/notices.sock"))
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(address.bind(descriptor) == 0 && listen(descriptor, 5) == 0)
        return descriptor
    }

    @Test func aNoticeThatNobodyTakesIsLost() async throws {
        try publisher().announce(Notice(head: Version(1)), to: try user("alice"))
        try await eventually { count("lost") == 1 }
    }

    @Test func nobodyWaitsForAnNginxThatDoesNotAnswer() async throws {
        let socket = try listenInSilence()
        defer { close(socket) }
        let publisher = try publisher()
        try publisher.announce(Notice(head: Version(1)), to: user("alice"))
        for index in 0..<1000 { try publisher.announce(Notice(head: Version(Int64(index))), to: user("bob")) }
        // Those of bob are one while the first is being waited for. Had anybody waited, each would have been lost by itself.
        try await eventually { count("lost") >= 2 }
        #expect(count("lost") < 100)
    }

    @Test func forMoreUsersThanTheLimitNothingWaits() async throws {
        let socket = try listenInSilence()
        defer { close(socket) }
        let publisher = try publisher(maxWaiting: 3)
        for index in 0..<10 { try publisher.announce(Notice(head: Version(1)), to: user("user-\(index)")) }
        // The first ones may be under way already, and then three more have room.
        #expect((4...7).contains(count("lost")))
        try await eventually { count("lost") == 10 }
    }

    @Test func aSocketWhosePathIsTooLongIsRefused() {
        let path = "/" + String(repeating: "x", count: 200)
        #expect(throws: NoticeError.self) {
            try NoticePublisher(path: path, channels: NoticeChannels(secret: []), metrics: metrics, logger: Logger(label: "test"))
        }
    }

    @Test func noticesOfOneUserBecomeOne() {
        var notice = Notice(head: Version(1_000))
        notice.merge(Notice(hasConflicts: true))
        notice.merge(Notice(head: Version(500)))
        #expect(String(decoding: notice.json, as: UTF8.self) == #"{"timestamp":"1970-01-01T00:00:01.000Z","conflicts":true}"#)
    }

    @Test func aChannelTellsNothingOfItsUser() throws {
        let channels = NoticeChannels(secret: [1, 2, 3])
        let (alice, bob) = (channels.channel(of: try user("alice")), channels.channel(of: try user("bob")))
        #expect(alice != bob)
        #expect(alice != NoticeChannels(secret: [1, 2, 4]).channel(of: try user("alice")))
        #expect(alice.wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil)
    }

    private func eventually(_ holds: () -> Bool) async throws {
        for _ in 0..<600 where !holds() { try await Task.sleep(for: .milliseconds(50)) }
        #expect(holds())
    }
}
