import JSON
import Testing

/// The inside of strings, as it stands between the quotes.
@Suite struct JSONStringTests {
    private func decoded(_ escaped: String) -> String { JSONString.decode(escaped: Array(escaped.utf8)) }

    @Test(arguments: [
        ("", ""), ("plain é😀", "plain é😀"), (#"\"\\\/"#, "\"\\/"), (#"\b\f\n\r\t"#, "\u{8}\u{C}\n\r\t"), (#"\u0041\u00e9\u00E9"#, "Aéé"),
        (#"\ud83d\ude00"#, "😀"), (#"\uD83D\uDE00!"#, "😀!"), (#"\u0000"#, "\0"), (#"\\u0041"#, #"\u0041"#), (#"é\né"#, "é\né"),
    ])
    func escapesStandForTheirCharacters(escaped: String, text: String) {
        #expect(Array(decoded(escaped).utf8) == Array(text.utf8))
    }

    @Test(arguments: [
        #"\ud83d"#, #"\ude00"#, #"\ud83d\ud83d"#, #"\ud83dx"#, #"\ud83d\n"#, #"\ud83d\u"#, #"\ud83d\u00"#, #"\u12"#, #"\u"#, #"\uzzzz"#,
    ])
    func halfAPairAndHalfAnEscapeBecomeReplacementCharacters(escaped: String) {
        #expect(decoded(escaped).unicodeScalars.first == "\u{FFFD}")
    }

    @Test func aBackslashAtTheEndStays() {
        #expect(decoded(#"a\"#) == #"a\"#)
    }

    @Test(arguments: 0..<100) func anyTextIsDecodedAndRecognisedAndCounted(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let (text, other) = (sample.text(), sample.text())
        let escaped = Array(sample.spell(.string(text)).utf8)[...].dropFirst().dropLast()
        #expect(Array(JSONString.decode(escaped: escaped).utf8) == Array(text.utf8), "seed \(seed)")
        #expect(JSONString.scalarCount(escaped: escaped) == text.unicodeScalars.count, "seed \(seed)")
        let isOther = Array(text.utf8) != Array(other.utf8)
        Array(text.utf8).withUnsafeBufferPointer { #expect(JSONString.escaped(escaped, equals: $0), "seed \(seed)") }
        Array(other.utf8).withUnsafeBufferPointer { #expect(JSONString.escaped(escaped, equals: $0) != isOther, "seed \(seed)") }
    }

    @Test(arguments: [
        ("a", "b"), ("a", "ab"), ("ab", "a"), ("é", "e\u{301}"), (#"\u00e9"#, "e\u{301}"), (#"\n"#, "n"), (#"\n"#, #"\n"#), ("", "a"),
        ("a", ""),
        (#"\u0041"#, #"\u0041"#),
    ])
    func differentTextsAreNotEqual(escaped: String, text: String) {
        Array(text.utf8).withUnsafeBufferPointer { #expect(!JSONString.escaped(Array(escaped.utf8)[...], equals: $0)) }
    }
}
