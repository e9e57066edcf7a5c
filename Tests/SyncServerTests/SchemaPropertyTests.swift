import Foundation
import SyncKit
import SyncTesting
import Testing

/// Whatever a handler declares and its clients send: a stored record passes the handler's own checks (PROTOCOL section 4).
@Suite struct SchemaPropertyTests {
    @Test(arguments: [0, 40, 80, 120, 160]) func noStoredRecordFailsItsOwnSchema(from first: Int) throws {
        var merges = 0
        for seed in first..<first + 40 {
            var story = try Story(seed: seed)
            for _ in 0..<12 { try story.takeStep() }
            merges += story.merges
        }
        #expect(merges > 20)
    }
}

/// A handler whose fields, rules, `normalize` and `validate` come from a seed.
private struct RandomHandler: EntityHandler {
    var entity = Entity("random")
    var fields: [Field] = []
    var conflicts = ConflictPolicy.serverWins
    var unknownMembers = UnknownMembers.keep
    var normalizers: [Normalizer] = []
    var rules: [Rule] = []

    /// Each is idempotent, and so are all in this order. Some make a value that the fields do not allow.
    enum Normalizer: CaseIterable {
        case lowercases, adds, sorts, empties, doubles
    }

    enum Rule: CaseIterable {
        case listIsShorterThanNumber, wordNeedsText, numberIsBelowOther
    }

    init() {}

    init(by chance: inout Chance) {
        fields = [
            chance.isTrue ? .string("s", .required, length: 1...8) : .string("s", length: 0...8),
            chance.isTrue ? .integer("n", in: 0...100, default: 7) : .integer("n", in: 0...100),
            chance.isTrue ? .integer("m", in: -50...50) : .integer("m", .required, in: -50...50),
            .strings("list", maxCount: chance.number(1...4)),
            .choice("word", of: ["a", "b"]), .text("text", maxBytes: 12), .boolean("flag", default: false), .date("when"),
        ]
        unknownMembers = chance.isTrue ? .keep : .reject
        var rules = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, chance.pick(FieldRule.allCases)) })
        if chance.isTrue { rules["list"] = .union }
        conflicts = chance.pick([
            .clientWins, .lastWriteWins, .merge(.union), .merge(.lastWriteWins, rules), .merge(.clientWins, rules), .merge(.max, rules),
        ])
        normalizers = Normalizer.allCases.filter { _ in chance.number(0...3) == 0 }
        self.rules = Rule.allCases.filter { _ in chance.number(0...2) == 0 }
    }

    func normalize(_ document: inout Document) {
        for normalizer in normalizers {
            switch normalizer {
            case .lowercases: document.string("s").map { document.set("s", to: $0.lowercased()) }
            case .sorts: document.strings("list").map { document.set("list", to: Set($0).sorted()) }
            case .adds:
                if let list = document.strings("list"), !list.contains("always") { document.set("list", to: list + ["always"]) }
            case .empties: if document.string("s") == "x" { document.remove("s") }
            case .doubles: if document.integer("n") == 60 { document.set("n", to: 120) }
            }
        }
    }

    func validate(_ document: Document) throws(ValidationError) {
        for rule in rules {
            switch rule {
            case .listIsShorterThanNumber:
                if Int64(document.strings("list")?.count ?? 0) > document.integer("n") ?? 100 {
                    throw ValidationError("list", "'list' must not have more strings than 'n' says.")
                }
            case .wordNeedsText:
                if document.contains("word"), !document.contains("text") {
                    throw ValidationError("text", "'text' is required with 'word'.")
                }
            case .numberIsBelowOther:
                if let m = document.integer("m"), let n = document.integer("n"), m >= n {
                    throw ValidationError("m", "'m' must be less than 'n'.")
                }
            }
        }
    }
}

private struct Chance {
    private var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 }

    /// SplitMix64: https://prng.di.unimi.it/splitmix64.c
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }

    var isTrue: Bool { mutating get { number(0...1) == 0 } }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }
}

/// Three clients edit three records, on bases old and new, and settle conflicts.
private struct Story {
    private let server: TestServer
    private let schema: Schema
    private let seed: Int
    private var chance: Chance
    private var versions: [Int] = []
    private(set) var merges = 0

    init(seed: Int) throws {
        self.seed = seed
        chance = Chance(seed: seed)
        let handler = RandomHandler(by: &chance)
        schema = Schema(handler)
        server = try TestServer([handler])
    }

    mutating func takeStep() throws {
        server.clock.advance(milliseconds: 1000)
        if chance.number(0...3) == 0, let conflict = try server.conflicts().last {
            let data = #","data":{\#(content())}"#
            _ = try chance.isTrue ? server.resolve(conflict, "client") : server.resolve(conflict, "merged", data)
        } else {
            let reply = try server.bulk((0..<chance.number(1...4)).map { _ in operation() })
            for result in reply["results"].array { result["version"].integer.map { versions.append($0) } }
            merges += reply.statuses.count { $0 == "merged" }
        }
        try checkRecords()
    }

    private func checkRecords() throws {
        let body = try JSONSerialization.jsonObject(with: Data(try server.get("/api/v1/sync/changes").text.utf8)) as? [String: Any]
        for change in body?["serverChanges"] as? [[String: Any]] ?? [] where change["operation"] as? String != "delete" {
            let data = change["data"] as? [String: Any] ?? [:]
            let json = try JSONSerialization.data(withJSONObject: data.filter { !Schema.serverMembers.contains($0.key) })
            let record = try #require(Document(json: String(decoding: json, as: UTF8.self)))
            #expect(schema.faults(in: record) == [], "seed \(seed): \(data)")
            do throws(ValidationError) {
                let completed = try schema.completed(record)
                #expect(completed == record, "seed \(seed): \(data)")
            } catch {
                Issue.record("seed \(seed): \(data) has \(error.faults)")
            }
        }
    }

    private mutating func operation() -> TestOperation {
        let (id, client) = ("r\(chance.number(0...2))", chance.pick(["phone", "laptop", "tablet"]))
        let base = versions.isEmpty || chance.number(0...3) == 0 ? [] : ["\"baseVersion\":\(chance.pick(versions))"]
        let members = (["\"id\":\"\(id)\""] + [content()].filter { !$0.isEmpty }).joined(separator: ",")
        switch chance.number(0...9) {
        case 0: return TestOperation("delete", "random", "\"id\":\"\(id)\"", by: client, at: nil, base)
        case 1...4: return TestOperation("create", "random", members, by: client, at: nil, base)
        default: return TestOperation("update", "random", members, by: client, at: nil, base)
        }
    }

    private mutating func content() -> String {
        let values: [(String, [String])] = [
            ("s", [#""A""#, #""b""#, #""x""#, #""B\#(chance.number(0...99))""#, #""much too long""#]),
            ("n", ["0", "3", "60", "\(chance.number(0...100))", "101"]), ("m", ["-3", "\(chance.number(-50...50))", "2.5"]),
            (
                "list",
                [
                    #"["a"]"#, #"["c","b"]"#, #"["d","\#(chance.number(0...9))"]"#, #"["\#(chance.number(0...9))"]"#,
                    #"["1","2","3","4","5"]"#,
                ]
            ),
            ("word", [#""a""#, #""b""#, #""c""#]), ("text", [#""t""#, #""text""#]), ("flag", ["true", "false"]),
            ("when", [#""2026-11-20""#, "1795000000000"]), ("other", ["1"]),
        ]
        var members: [String] = []
        for (name, choices) in values where chance.number(0...2) != 0 {
            // The last choice of most fields is not valid, and the others are for most of the time.
            let value = chance.number(0...11) == 0 ? "null" : chance.pick(chance.number(0...4) == 0 ? choices : Array(choices.prefix(4)))
            if name == "other" && chance.number(0...3) != 0 { continue }
            members.append("\"\(name)\":\(value)")
        }
        return members.joined(separator: ",")
    }
}
