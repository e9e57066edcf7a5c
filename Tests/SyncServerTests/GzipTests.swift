import Foundation
import HTTP
import HTTPTypes
import SyncEngine
import SyncTesting
import Testing

/// Bodies that come as gzip (RFC 1952).
@Suite struct GzipTests {
    private func send(_ body: [UInt8], to server: TestServer, encoding: String = "gzip") throws -> Reply {
        var request = Request(method: .post, path: "/api/v1/sync/bulk", body: .complete(body))
        request.fields[.authorization] = "Bearer \(try server.token("alice"))"
        request.fields[.contentType] = "application/json"
        request.fields[.contentEncoding] = encoding
        return try server.send(request)
    }

    @Test func aCompressedBodyIsRead() throws {
        let operations = (0..<200).map { TestOperation.create("tasks", #""id":"t\#($0)","title":"A""#).json }.joined(separator: ",")
        let body = try Gzip.compress("{\"operations\":[\(operations)]}")
        let reply = try send(body, to: .sample())
        #expect(reply.status == 200)
        #expect(reply["results"].array.count == 200)
        #expect(try send(body, to: .sample(), encoding: "X-GZIP").status == 200)
    }

    @Test func aBodyThatInflatesTooFarIsTooLarge() throws {
        var limits = Limits()
        limits.maxInflatedBytes = 100_000
        let bomb = try Gzip.compress("{\"operations\":[],\"x\":\"\(String(repeating: "a", count: 5_000_000))\"}")
        #expect(bomb.count < 10_000)
        #expect(try send(bomb, to: .sample(limits: limits)).status == 413)
    }

    @Test func brokenGzipIsMalformed() throws {
        let whole = try Gzip.compress("{\"operations\":[]}")
        let server = try TestServer.sample()
        for end in 0..<whole.count { #expect(try send(Array(whole[..<end]), to: server).status == 400) }
        #expect(try send(whole + [0], to: server).status == 400)
        #expect(try send(Array("{\"operations\":[]}".utf8), to: server).status == 400)
        var damaged = whole
        damaged[whole.count - 6] ^= 1
        #expect(try send(damaged, to: server).status == 400)
    }
}
