import JSON
import Testing

/// Whether two minified values mean the same.
@Suite struct JSONEqualityTests {
    private func equalText(_ left: String, _ right: String) -> Bool {
        // In the middle of a buffer, as values in a record are.
        let (left, right) = (Array(":\(left),".utf8), Array("[[\(right)]".utf8))
        let (first, second) = (left.dropFirst().dropLast(), right.dropFirst(2).dropLast())
        #expect(equal(first, second) == equal(second, first))
        return equal(first, second)
    }

    @Test(arguments: [
        ("null", "null"), ("true", "true"), ("\"a\"", "\"a\""), ("[]", "[]"), ("{}", "{}"), ("1", "1.0"), ("1", "1e+0"), ("0", "-0.0"),
        ("100.0", "1e+2"),
        ("100000000000000000001", "100000000000000000001"), ("100000000000000000001", "1e+20"), ("-100000000000000000001", "-1e+20"),
        ("9223372036854775808", "9.223372036854775808e18"), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
        (#"[{"a":[1,{"b":null,"c":2.0}]}]"#, #"[{"a":[1.0,{"c":2,"b":null}]}]"#),
    ])
    func orderOfMembersAndSpellingOfNumbersDoNotCount(left: String, right: String) {
        #expect(equalText(left, right))
    }

    @Test(arguments: [
        ("null", "false"), ("true", "false"), ("1", "2"), ("1", "\"1\""), ("1", "true"), ("[]", "{}"), ("null", "0"), ("1", "1.5"),
        ("1", "-1"),
        ("100000000000000000001", "100000000000000000002"), ("100000000000000000001", "-100000000000000000001"),
        ("100000000000000000001", "1.5e+20"), ("100000000000000000001", "\"100000000000000000001\""),
        ("18446744073709551616", "18446744073709551615"), ("-9223372036854775809", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775806"), ("18446744073709551615", "18446744073709551614"), ("\"a\"", "\"b\""),
        ("\"a\"", "\"\""),
        ("[1]", "[1,1]"), ("[1,2]", "[2,1]"), ("[1]", "1"), (#"{"a":1}"#, #"{"b":1}"#), (#"{"a":1}"#, #"{"a":2}"#),
        (#"{"a":1}"#, #"{"a":1,"b":1}"#),
        (#"{"a":null}"#, "{}"), (#"{"a":{"b":1}}"#, #"{"a":{"b":2}}"#),
    ])
    func whatMeansSomethingElseIsNotEqual(left: String, right: String) {
        #expect(!equalText(left, right))
    }

    @Test func compositionsOfACharacterAreDifferentTexts() {
        #expect(!equalText("\"é\"", "\"e\u{301}\""))
        #expect(!equalText("{\"é\":1}", "{\"e\u{301}\":1}"))
        #expect(equalText("\"e\u{301}\"", "\"e\u{301}\""))
    }

    @Test(arguments: ["", "x", "[", "{", "{\"a\":1", "[1", "1.x", "-e", "[1.x]"])
    func whatIsNoJSONIsEqualToNothing(text: String) {
        #expect(!equalText(text, text))
        #expect(!equalText(text, "1"))
    }

    @Test(arguments: 0..<60) func aShuffledValueIsEqualAndAChangedOneIsNot(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let (value, other) = (sample.container(), sample.container())
        let parser = JSONParser()
        func minified(_ value: SampleValue) throws -> ArraySlice<UInt8> {
            try parser.parse(Array(sample.spell(value).utf8)) { $0.minified }[...]
        }
        let original = try minified(value)
        #expect(equal(original, try minified(shuffled(value))), "seed \(seed)")
        #expect(!equal(original, try minified(.array([value, other]))), "seed \(seed)")
        #expect(!equal(try minified(.array([value, .null])), try minified(.array([shuffled(value), .boolean(true)]))), "seed \(seed)")
    }

    private func shuffled(_ value: SampleValue) -> SampleValue {
        switch value {
        case .array(let elements): .array(elements.map(shuffled))
        case .object(let members): .object(members.reversed().map { ($0.name, shuffled($0.value)) })
        default: value
        }
    }
}
