import Foundation
import HTTPTypes
import SyncTesting
import Testing

/// The limits that nginx/limits.conf sets; what is limited is a user, and nobody else pays.
@Suite(.serialized) struct RateLimitTests {
    /// nginx with the limits, as Docs/deployment.md has it.
    private func limitedServer() async throws -> LiveWebServer {
        try await LiveWebServer(.nginx, includes: ["nginx/limit-zones.conf", "nginx/limits.conf"]) { text in
            text.replacing("    upstream", with: "    include limit-zones.conf;\n    upstream")
                .replacing("include meelio-sync.conf;", with: "include meelio-sync.conf; include limits.conf;")
        }
    }

    private func isRefusal(_ reply: Reply) -> Bool {
        reply.status == 429 && reply["code"].integer == 429 && reply["message"].string?.hasSuffix(".") == true
            && Int(reply.fields[.retryAfter] ?? "") ?? 0 > 0
    }

    /// Sends 400 requests, 16 at a time, and returns how many were refused; the others must have `status`.
    private func refusals(of client: LiveClient, otherwise status: Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    var count = 0
                    for _ in 0..<25 {
                        let reply = try await client.get("/api/v1/sync/status")
                        if isRefusal(reply) { count += 1 } else { #expect(reply.status == status) }
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test func aFloodOfOneUserIsRefusedAndOthersAreServed() async throws {
        let server = try await limitedServer()
        let (alice, bob) = (try server.client("alice"), try server.client("bob"))
        async let refusals = refusals(of: alice, otherwise: 200)
        for _ in 0..<40 { #expect(try await bob.get("/api/v1/sync/status").status == 200) }
        #expect((1...300).contains(try await refusals))
        try await eventually("alice is served again") { try await alice.get("/api/v1/sync/status").status == 200 }
    }

    @Test func aFloodWithoutATokenIsRefusedAndUsersAreServed() async throws {
        let server = try await limitedServer()
        let alice = try server.client("alice")
        async let refusals = refusals(of: server.client(token: ""), otherwise: 401)
        for _ in 0..<40 { #expect(try await alice.get("/api/v1/sync/status").status == 200) }
        #expect((1...300).contains(try await refusals))
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
            "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;\n"
                + text.replacing("    upstream", with: "    include limit-zones.conf;\n    upstream")
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
