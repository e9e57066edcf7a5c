import Foundation
import HTTPTypes
import SyncTesting
import Testing

/// The limits that nginx/limits.conf sets; what is limited is a user, and nobody else pays.
@Suite(.serialized) struct RateLimitTests {
    /// nginx with the limits, as Docs/deployment.md has it.
    private func limitedServer() async throws -> LiveWebServer {
        try await LiveWebServer(.nginx, includes: ["nginx/limit-zones.conf", "nginx/limits.conf"]) { text in
            text.replacing("http {\n", with: "http {\n    include limit-zones.conf;\n")
                .replacing("include meelio-sync.conf;", with: "include meelio-sync.conf; include limits.conf;")
        }
    }

    private func isRefusal(_ reply: Reply) -> Bool {
        reply.status == 429 && reply["code"].integer == 429 && reply["message"].string?.hasSuffix(".") == true
            && Int(reply.fields[.retryAfter] ?? "") ?? 0 > 0
    }

    /// Sends requests, 16 at a time, until each of the 16 has been refused ten times; returns how many were served, which must have
    /// `status`. A slow machine takes longer to use up what is allowed, and comes to the same.
    private func served(_ client: LiveClient, status: Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    var refused = 0
                    for sent in 0..<1000 {
                        let reply = try await client.get("/api/v1/sync/status")
                        if isRefusal(reply) { refused += 1 } else { #expect(reply.status == status) }
                        if refused == 10 { return sent - 9 }
                    }
                    throw Failure("Of 1,000 requests of one of 16 clients only \(refused) were refused.")
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test func aFloodOfOneUserIsRefusedAndOthersAreServed() async throws {
        let server = try await limitedServer()
        let (alice, bob) = (try server.client("alice"), try server.client("bob"))
        async let served = served(alice, status: 200)
        for _ in 0..<40 { #expect(try await bob.get("/api/v1/sync/status").status == 200) }
        #expect(try await served >= 100)
        try await eventually("alice is served again") { try await alice.get("/api/v1/sync/status").status == 200 }
    }

    @Test func aFloodWithoutATokenIsRefusedAndUsersAreServed() async throws {
        let server = try await limitedServer()
        let alice = try server.client("alice")
        async let served = served(server.client(token: ""), status: 401)
        for _ in 0..<40 { #expect(try await alice.get("/api/v1/sync/status").status == 200) }
        #expect(try await served >= 100)
    }

    @Test func aUserWithManyRequestsAtTheSameTimeIsRefusedAndOthersAreServed() async throws {
        let server = try await limitedServer()
        let (alice, bob) = (try server.client("alice"), try server.client("bob"))
        var open: [RunningProgram] = []
        defer { open.forEach { $0.terminate() } }
        try await eventually("alice has too many") {
            // One that came while this asked was the one too many, and has ended.
            open.removeAll { $0.exitStatus != nil }
            while open.count < 20 { open.append(try requestWithoutEnd(of: alice)) }
            return isRefusal(try await alice.get("/api/v1/sync/status"))
        }
        #expect(try await bob.get("/api/v1/sync/status").status == 200)
        open.forEach { $0.terminate() }
        try await eventually("alice is served again") { try await alice.get("/api/v1/sync/status").status == 200 }
    }

    @Test func pagesThatWaitForNoticesTakeNothingFromARequestOfTheSameAddress() async throws {
        let files = ["nginx/limit-zones.conf", "nginx/limits.conf", "nginx/notices/subscriber.conf"]
        let server = try await LiveWebServer(.nginx, includes: files) { text in
            text.replacing("daemon off;", with: "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;\ndaemon off;")
                .replacing("http {\n", with: "http {\n    include limit-zones.conf;\n")
                .replacing("include meelio-sync.conf;", with: "include meelio-sync.conf; include subscriber.conf; include limits.conf;")
        }
        let channel = "\(server.url)/api/v1/sync/notices/\(String(repeating: "a", count: 43))"
        // More than a user may have requests at the same time.
        let pages = try (0..<30).map { _ in try RunningProgram(["curl", "-sN", "-H", "Accept: text/event-stream", channel]) }
        defer { pages.forEach { $0.terminate() } }
        try await eventually("all pages listen") { pages.allSatisfy { $0.output.hasPrefix(":") } }
        #expect(try await server.client(token: "").get("/api/v1/sync/status").status == 401)
        #expect(try await server.client("alice").get("/api/v1/sync/status").status == 200)
    }

    /// A request whose body never comes.
    private func requestWithoutEnd(of client: LiveClient) throws -> RunningProgram {
        try RunningProgram([
            "curl", "-sN", "-T", "-", "-X", "POST", "-H", "Authorization: Bearer \(client.token)", client.url + "/api/v1/sync/bulk",
        ])
    }
}
