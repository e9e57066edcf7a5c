import Foundation
import HTTP
import HTTPTypes
import SyncTesting
import Testing

/// What somebody sends who wants to do harm, as whole requests: it is refused or taken, and the next one is answered.
@Suite struct HostileInputTests {
    private let server: TestServer

    init() throws { server = try TestServer.sample() }

    private func isWell() throws -> Bool {
        try server.bulk([.create("tasks", #""id":"well","title":"A""#)])["results"][0]["id"].string == "well"
    }

    /// The record as it comes back, in a pull of everything.
    private func stored(_ id: String) throws -> JSONReply {
        let changes = try server.get("/api/v1/sync/changes")["serverChanges"].array
        return changes.first { $0["data"]["id"].string == id }?["data"] ?? JSONReply(nil)
    }

    // MARK: - Much of something

    @Test func aBombOfAHundredMegabytesIsTooLarge() throws {
        let bomb = try Gzip.file { try Gzip.write(zeros: 100_000_000, to: $0) }
        var request = Request(method: .post, path: "/api/v1/sync/bulk", body: .complete(bomb))
        request.fields = [.authorization: "Bearer \(try server.token("alice"))", .contentEncoding: "gzip"]
        #expect(try server.send(request).status == 413)
        #expect(try isWell())
    }

    @Test(arguments: [
        (#"{"a":"#, "1", "}"), ("[", "", "]"), (#"{"a":["#, "", "]}"), ("[", "", ""), (#"{"a":"#, "", ""), (#"{"operations":["#, "", "]}"),
    ])
    func aHundredThousandLevelsAreTooDeep(opening: String, middle: String, closing: String) throws {
        let nested = String(repeating: opening, count: 100_000) + middle + String(repeating: closing, count: 100_000)
        for body in [nested, "{\"operations\":[],\"x\":\(nested)}"] {
            let reply = try server.post(body)
            #expect(reply.status == 400)
            #expect(reply["message"].string?.hasPrefix("The body is not valid JSON:") == true)
        }
        #expect(try isWell())
    }

    @Test func aRecordThatIsNestedTooDeepIsAConflict() throws {
        let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A","x":\#(nested)"#)]).conflictTypes == ["validation"])
    }

    @Test(arguments: ["{}", "0", "[]", #"{"entity":"tasks"}"#, TestOperation.create("tasks", #""title":"A""#).json])
    func aHundredThousandOperationsAreRefused(operation: String) throws {
        let list = Array(repeating: operation, count: 100_000).joined(separator: ",")
        let reply = try server.post("{\"operations\":[\(list)]}")
        #expect(reply.status == 400)
        #expect(reply["errors"].array.map(\.["path"].string) == ["operations"])
        #expect(try isWell())
    }

    @Test func aHundredThousandMembersAreNoRecord() throws {
        let members = (0..<100_000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        #expect(try server.bulk([.create("tasks", "\"id\":\"t\",\"title\":\"A\",\(members)")]).conflictTypes == ["too_large"])
        #expect(try server.post("{\"operations\":[],\(members)}").status == 200)
    }

    @Test func aHundredThousandParametersAreRead() throws {
        let query = String(repeating: "limit=1&a%00=%FF&", count: 100_000)
        #expect(try server.get("/api/v1/sync/changes?\(query)").status == 200)
    }

    // MARK: - Numbers

    @Test(arguments: ["1e400", "-1e400", "1e99999999999999999999"])
    func aNumberThatNoDoubleHoldsIsMalformed(number: String) throws {
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A","x":\#(number)"#)]).status == 400)
    }

    @Test(arguments: [
        ("-0", 0), ("-0.0", 0), ("1e-400", 0), ("1E308", 1e308), ("9223372036854775808", 0x1p63), ("1e+2", 100),
    ])
    func anyOtherNumberIsKept(number: String, value: Double) throws {
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A","x":\#(number)"#)]).statuses == ["applied"])
        #expect(try stored("t")["x"].number == value)
    }

    @Test(arguments: ["18446744073709551616", "-9223372036854775809", String(repeating: "9", count: 100)])
    func aWholeNumberKeepsItsDigits(number: String) throws {
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"A","x":[\#(number),1.5]"#)]).statuses == ["applied"])
        #expect(try server.get("/api/v1/sync/changes").text.contains("\"x\":[\(number),1.5]"))
    }

    @Test(
        arguments: [
            "1e308", "-1e308", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e19", "-1", "0.5",
            String(repeating: "9", count: 100),
        ], ["limit", "lastSyncTimestamp"])
    func aNumberOfTheEnvelopeIsTakenOrNamed(number: String, member: String) throws {
        let reply = try server.post(#"{"operations":[],"\#(member)":\#(number)}"#)
        #expect(reply.status == 200 || reply["errors"][0]["path"].string == member)
        #expect(try isWell())
    }

    @Test(
        arguments: ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "-1", "0.5", String(repeating: "9", count: 100)],
        ["timestamp", "baseVersion"])
    func aNumberOfAnOperationIsTakenOrNamed(number: String, member: String) throws {
        for _ in 1...2 {
            let reply = try server.bulk([.update("tasks", #""id":"well""#, #""\#(member)":\#(number)"#)])
            #expect(reply.status == 200 || reply["errors"][0]["path"].string == "operations[0].\(member)")
            #expect(try isWell())
        }
    }

    // MARK: - Names that come twice

    @Test func ofMembersWithOneNameTheLastCounts() throws {
        let operation = TestOperation.create("nots", #""id":"t","title":"A","title":"B""#, #""entity":"tasks""#).json
        let reply = try server.post("{\"operations\":7,\"operations\":[\(operation)],\"limit\":\"x\",\"limit\":1}")
        #expect(reply.statuses == ["applied"])
        #expect(try stored("t")["title"].string == "B")
    }

    @Test func aNameIsTheSameHoweverItIsEscaped() throws {
        let reply = try server.bulk([.create("tasks", #""id":"t","title":"A","\u0074itle":"B","\u0069d":"u""#)])
        #expect(reply["results"][0]["id"].string == "u")
        #expect(try stored("u")["title"].string == "B")
    }

    // MARK: - NUL and halves of surrogate pairs

    @Test(arguments: [#"\u0000"#, #"a\u0000b"#, #"\ud83d"#, #"\ude00"#, #"\ude00\ud83d"#, #"\ud83d\ud83d"#, #"\ufffd"#])
    func anIDThatCouldBeAnothersIsRefused(id: String) throws {
        for operation in ["create", "update", "delete"] {
            #expect(try server.bulk([TestOperation(operation, "tasks", #""id":"\#(id)","title":"A""#)]).conflictTypes == ["validation"])
        }
        #expect(try server.get("/api/v1/sync/changes").changedIDs == [])
    }

    @Test(arguments: [(#"a\u0000b"#, "a\0b"), (#"\ud83d"#, "\u{FFFD}"), (#"\ud83d\ude00"#, "😀"), (#"\uDe00x"#, "\u{FFFD}x")])
    func aTextComesBackAsItCame(escaped: String, text: String) throws {
        #expect(try server.bulk([.create("tasks", #""id":"t","title":"\#(escaped)","\#(escaped)":1"#)]).statuses == ["applied"])
        #expect(try stored("t")["title"].string == text)
        #expect(try stored("t")[text].integer == 1)
        #expect(try server.bulk([.update("tasks", #""id":"t","\#(escaped)":2"#)]).statuses == ["applied"])
        #expect(try stored("t")[text].integer == 2)
    }

    @Test(arguments: ["entity", "clientId", "opId", "operation"], [#"\u0000"#, #"tasks\u0000"#, #"\ud83d"#])
    func aMemberWithNULIsAnswered(member: String, value: String) throws {
        let reply = try server.bulk([.create("tasks", #""id":"t","title":"A""#, #""\#(member)":"\#(value)""#)])
        #expect(member == "operation" ? reply.status == 400 : reply.status == 200)
        if member == "entity" { #expect(reply.conflictTypes == ["unknown_entity"]) }
        #expect(try isWell())
    }

    @Test(arguments: ["%00", "%ED%A0%BD", "%FF%FE", "a%00b", "%"])
    func aQueryWithNULIsAnswered(value: String) throws {
        #expect(try server.get("/api/v1/sync/changes?cursor=\(value)")["resetReason"].string == "malformed")
        #expect(try server.get("/api/v1/sync/changes?entities=\(value)").status == 400)
        #expect(try server.get("/api/v1/sync/conflicts?cursor=\(value)").status == 400)
        #expect(try server.post(#"{"conflictId":"\u0000","resolution":"server"}"#, to: "/api/v1/sync/resolve").status == 404)
    }

    @Test func usersWhoseNamesLookAlikeNeverMeet() throws {
        for (user, title) in [("a", "A"), ("a ", "B"), ("\u{E9}", "D"), ("e\u{301}", "E")] {
            _ = try server.bulk([.create("tasks", #""id":"t","title":"\#(title)""#)], as: user)
        }
        #expect(try server.bulk([], as: "a\0b").status == 401)
        for (user, title) in [("a", "A"), ("a ", "B"), ("\u{E9}", "D"), ("e\u{301}", "E")] {
            let changes = try server.get("/api/v1/sync/changes", as: user)["serverChanges"].array
            #expect(changes.map(\.["data"]["title"].string) == [title])
        }
    }
}
