import JSON
import Testing

/// The second, quick way to an object's members: for JSON that the parser has minified before.
@Suite struct JSONMembersTests {
    private let parser = JSONParser()

    @Test(arguments: 0..<100) func findsTheSameMembersAsTheParser(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let text = sample.spell(sample.container())
        let (parsed, minified) = try parser.parse(Array(text.utf8)) { ($0.members(), $0.minified) }
        let found = JSONMembers(minified: minified)
        #expect(found?.members == parsed?.members, "seed \(seed)")
        #expect(found?.bytes == parsed?.bytes, "seed \(seed)")
        #expect((found != nil) == text.hasPrefix("{"), "seed \(seed)")
    }

    @Test func membersOfAnInnerObjectLieInACopyOfIt() throws {
        try parser.parse(Array(#"[0, {"a" : 1, "b\n": [ "x" ]}, 2]"#.utf8)) { array in
            _ = array.forEachElement { _, element in
                guard let members = element.members() else { return }
                #expect(String(decoding: members.bytes, as: UTF8.self) == #"{"a":1,"b\n":["x"]}"#)
                #expect(members.members.map { String(decoding: members.bytes[$0.name], as: UTF8.self) } == ["a", #"b\n"#])
                #expect(members.members.map { String(decoding: members.bytes[$0.value], as: UTF8.self) } == ["1", #"["x"]"#])
                #expect(members.members.map(\.kind) == [.integer, .array])
            }
        }
    }

    @Test func aLongWholeNumberIsAMemberOfTheSameKindInBothWays() throws {
        let text = Array(#"{"a":100000000000000000001,"b":1.5,"c":-100000000000000000002}"#.utf8)
        let parsed = try parser.parse(text) { $0.members() }
        #expect(parsed?.members.map(\.kind) == [.unsigned, .double, .unsigned])
        #expect(JSONMembers(minified: text)?.members == parsed?.members)
    }

    @Test func duplicatesAreAllFound() throws {
        let members = try #require(JSONMembers(minified: Array(#"{"a":1,"a":2,"é":3,"é":4}"#.utf8)))
        #expect(members.members.count == 4)
    }

    @Test(arguments: [
        "", "{", "}", "[]", "[1]", "1", "null", "\"a\"", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{\"a\":1}x", "{\"a\":1}}", "{a:1}",
        "{\"a\":[}", "{\"a\":\"}", "{\"a\\", "{\"a\":\"\\", "{\"a\":x}", "{\"a\":{\"b\":[}", "{,}", "{}{}",
    ])
    func whatIsNoWholeObjectHasNoMembers(text: String) {
        #expect(JSONMembers(minified: Array(text.utf8)) == nil)
    }

    @Test(arguments: 0..<60) func mutatedBytesNeverTrap(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let text = sample.spell(sample.container(maxDepth: 3))
        let minified = try parser.parse(Array(text.utf8)) { $0.minified }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let mutant = mutate(minified, using: &generator)
            _ = strings(in: mutant[...])
            _ = equal(mutant[...], minified[...])
            guard let found = JSONMembers(minified: mutant) else { continue }
            for member in found.members {
                #expect(member.name.upperBound < member.value.lowerBound && member.value.upperBound < mutant.count, "seed \(seed)")
                _ = JSONString.decode(escaped: mutant[member.name])
                _ = JSONString.scalarCount(escaped: mutant[member.name])
            }
        }
    }

    @Test func theStringsOfAnArrayAreDecoded() {
        #expect(strings(in: Array(#"[]"#.utf8)[...]) == [])
        #expect(strings(in: Array(#"["a","\"\n","é",""]"#.utf8)[...]) == ["a", "\"\n", "é", ""])
        // A slice that does not begin at 0, as values in a record do not.
        #expect(strings(in: Array(#"{"a":["b","c"]}"#.utf8)[5..<14]) == ["b", "c"])
        for other in [#"["a",1]"#, #"["a",null]"#, #"[["a"]]"#, #"{"a":"b"}"#, #""a""#, "", "[", #"["a"#, #"["a","#] {
            #expect(strings(in: Array(other.utf8)[...]) == nil, "\(other)")
        }
    }
}
