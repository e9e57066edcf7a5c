// A line is a word and what is sent; without a word it is the body of a bulk:
//
//     {"operations":[…]}             check {…}        resolve {…}
//     GET /api/v1/sync/changes?…
//
// $cursor, $version and $conflict stand for the last answer's, so that a line can go on from the line before.

import Foundation
import HTTP
import HTTPTypes
import JSON
import SyncTesting

/// The requests of one user and what must hold for every answer.
struct Conversation {
    private let server: TestServer
    private let fields: HTTPFields
    private let parser = JSONParser()
    private var cursor = ""
    private var version = "0"
    private var conflict = ""

    init(_ server: TestServer, user: String) throws {
        self.server = server
        fields = [.authorization: "Bearer \(try server.token(user))"]
    }

    mutating func send(_ line: ArraySlice<UInt8>) throws {
        server.clock.advance(milliseconds: 1)
        let text = expanded(line)
        if text.starts(with: "GET ".utf8) {
            try get(String(decoding: text.dropFirst(4), as: UTF8.self))
        } else if text.starts(with: "check ".utf8) {
            try post(text.dropFirst(6), to: "/api/v1/sync/check")
        } else if text.starts(with: "resolve ".utf8) {
            try post(text.dropFirst(8), to: "/api/v1/sync/resolve")
        } else {
            let reply = try post(text[...], to: "/api/v1/sync/bulk")
            if reply.status == 200 { try checkBulk(text, reply) }
        }
    }

    private func expanded(_ line: ArraySlice<UInt8>) -> [UInt8] {
        guard line.contains(UInt8(ascii: "$")) else { return Array(line) }
        return Array(line).replacing(Array("$cursor".utf8), with: Array(cursor.utf8))
            .replacing(Array("$version".utf8), with: Array(version.utf8))
            .replacing(Array("$conflict".utf8), with: Array(conflict.utf8))
    }

    // MARK: - Requests

    @discardableResult
    private mutating func get(_ target: String) throws -> Reply {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // Its text is no JSON.
        guard parts[0] != "/metrics" else { return try get("/health") }
        return try send(Request(method: .get, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", fields: fields))
    }

    @discardableResult
    private mutating func post(_ body: ArraySlice<UInt8>, to path: String) throws -> Reply {
        try send(Request(method: .post, path: path, fields: fields, body: .complete(Array(body))))
    }

    private mutating func send(_ request: Request) throws -> Reply {
        let reply = try server.send(request)
        let mayBe = [200, 304, 400, 404, 405, 409, 413].contains(reply.status)
        check(mayBe, "\(request.path) is answered with \(reply.status): \(reply.text)")
        if reply.status >= 400 {
            check(reply["code"].integer == reply.status && reply["message"].string?.last == ".", "An error reads \(reply.text).")
        }
        cursor = reply["cursor"].string ?? cursor
        version = reply["results"].array.compactMap { $0["version"].integer }.last.map(String.init) ?? version
        conflict = reply["conflicts"].array.compactMap { $0["conflictId"].string }.last ?? conflict
        return reply
    }

    // MARK: - What must hold

    private func checkBulk(_ body: [UInt8], _ reply: Reply) throws {
        let (results, conflicts) = (reply["results"].array, reply["conflicts"].array)
        let count = try parser.parse(body) { root in
            var count = 0
            root.forEachMember { name, value in if name == "operations" { count = value.count ?? -1 } }
            return count
        }
        check(results.count == count, "There are \(count) operations and \(results.count) results.")
        check(results.map(\.["index"].integer) == (0..<count).map { $0 }, "The results' places are not the operations'.")
        let failed = results.count { ["conflict", "rejected"].contains($0["status"].string) }
        check(failed == conflicts.count, "There are \(failed) results without success and \(conflicts.count) conflicts.")
        check(reply["success"].boolean == conflicts.isEmpty, "'success' is \(reply["success"]).")
        for conflict in conflicts {
            let members = ["type", "message", "resolution"].map { conflict[$0].string }
            check(!members.contains(nil) && conflict["index"].exists, "A conflict reads \(conflict).")
        }
    }

    /// All that the user has: each record once, as many as the status says.
    mutating func checkRecords() throws {
        let status = try get("/api/v1/sync/status")
        var counts: [String: Int] = [:]
        var seen: Set<[String?]> = []
        var page = try get("/api/v1/sync/changes")
        while true {
            for change in page["serverChanges"].array {
                check(change["operation"].string == "update", "A first sync brings \(change).")
                let key = [change["entity"].string, change["data"]["id"].string]
                check(!key.contains(nil) && seen.insert(key).inserted, "\(key) comes twice.")
                counts[key[0] ?? "", default: 0] += 1
            }
            guard page["hasMore"].boolean == true else { break }
            page = try get("/api/v1/sync/changes?cursor=\(cursor)")
        }
        for entity in status["entities"].names {
            let records = status["entities"][entity]["records"].integer
            check(records == counts[entity] ?? 0, "\(entity) has \(records ?? -1) records, and \(counts[entity] ?? 0) came.")
        }
    }
}
