import JSON
import Testing

/// A text that is not JSON is an error, and never more than that.
@Suite struct JSONErrorTests {
    private let parser = JSONParser()

    /// The fault of the text; nil if it has none.
    private func error(_ bytes: [UInt8]) -> String? {
        do {
            try parser.parse(bytes) { _ in }
            return nil
        } catch {
            return (error as? JSONError)?.message ?? "another error, \(error)"
        }
    }

    private func error(_ text: String) -> String? { error(Array(text.utf8)) }

    @Test(arguments: 0..<25) func everyTruncationOfATextIsAnError(seed: Int) {
        var sample = SampleJSON(seed: seed)
        let bytes = Array(sample.spell(sample.container(maxDepth: 4)).utf8)
        #expect(error(bytes) == nil, "seed \(seed)")
        for length in 0..<min(bytes.count, 2000) {
            #expect(error(Array(bytes[..<length]))?.hasSuffix(".") == true, "seed \(seed), \(length) bytes")
        }
    }

    @Test(arguments: ["true", "null", "\"a\\u00e9\\ud83d\\ude00é😀\"", "100000000000000000000", "-1.5e+10"])
    func everyTruncationOfAScalarIsAnErrorOrANumber(text: String) {
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count {
            let prefix = Array(bytes[..<length])
            // Of a number's beginnings those are numbers too that end with a digit.
            let isNumber = text.first.map { $0.isNumber || $0 == "-" } == true && prefix.last.map { (0x30...0x39).contains($0) } == true
            #expect((error(prefix) == nil) == isNumber, "\(String(decoding: prefix, as: UTF8.self))")
        }
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xB0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ] as [[UInt8]])
    func brokenUTF8IsAnError(bytes: [UInt8]) {
        #expect(error(Array("\"a".utf8) + bytes + Array("b\"".utf8)) == "It is not UTF-8.")
        #expect(error(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) != nil)
        #expect(error(bytes) != nil)
    }

    @Test(arguments: ["[", "{\"a\":"]) func nestingUpTo256IsAllowed(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth - 1) + "\(opening.first.map(String.init) ?? "")\(closing)"
                + String(repeating: closing, count: depth - 1)
        }
        #expect(try parser.parse(Array(nested(256).utf8)) { $0.depth } == 256)
        #expect(error(nested(257)) == "It is nested too deep.")
        #expect(error(nested(10_000)) != nil)
        #expect(error(String(repeating: opening, count: 100_000)) != nil)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}", "[1]]", "[1][2]",
        "1 2", "nul",
        "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1e400", "00000000000000000000001",
        "\"",
        "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud83d\\u12\"", "\"\\", "\"\u{1}\"", "\"\n\"", "[\"a\\ud800]", "// comment",
        "[1]/**/", "\0", "[1]\0",
    ])
    func whatIsNotJSONIsAnError(text: String) {
        #expect(error(text)?.hasSuffix(".") == true)
    }

    @Test(arguments: [
        String(repeating: "9", count: 400), "-\(String(repeating: "9", count: 400))", String(repeating: "9", count: 309),
        "00123456789012345678901", "-00123456789012345678901", "0100000000000000000001", "+100000000000000000001", ".100000000000000000001",
        "100000000000000000001.", "100000000000000000001e", "100000000000000000001x", "- 100000000000000000001",
        "-+100000000000000000001", "--100000000000000000001", "1-100000000000000000001", "100000000000000000001-1",
    ])
    func aLongWholeNumberThatIsWrittenWronglyOrIsNoFiniteDoubleIsAnError(number: String) {
        for text in [number, "[\(number)]", "[1.5,100000000000000000001,\(number),2.5]", "{\"a\":\(number)}"] {
            #expect(error(text)?.hasSuffix(".") == true, "\(text)")
        }
    }

    @Test func theMessageSaysWhatIsWrong() {
        #expect(error("") == "There is nothing in it.")
        #expect(error("\"\\x\"") == "It has a string with a wrong escape.")
        #expect(error("[1.]") == "It has a number that is written wrongly or is too large.")
        #expect(error("[\(String(repeating: "9", count: 400))]") == "It has a number that is written wrongly or is too large.")
        #expect(error("[\"a]") == "It has a string without an end.")
        #expect(error("[\"a\u{1}\"]") == "It has a string with a control character that is not escaped.")
        #expect(error("[truth]") == "It has a word other than true, false and null.")
    }

    @Test(arguments: 0..<40) func aMutatedTextIsAnErrorOrAnotherText(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let bytes = Array(sample.spell(sample.container(maxDepth: 3)).utf8)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let mutant = mutate(bytes, using: &generator)
            guard error(mutant) == nil else { continue }
            let minified = try parser.parse(mutant) { $0.minified }
            #expect(try parser.parse(minified) { $0.minified } == minified, "seed \(seed)")
        }
    }

    @Test func whatTheBodyThrowsIsPassedOn() {
        struct Complaint: Error {}
        #expect(throws: Complaint.self) { try parser.parse([UInt8(ascii: "1")]) { _ in throw Complaint() } }
    }
}

/// The bytes with one to four of them changed, taken out or doubled.
func mutate(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    let special = Array("\"\\{}[]:,u0-e.\u{1}é".utf8)
    var mutant = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
        guard !mutant.isEmpty else { return mutant }
        let place = Int.random(in: 0..<mutant.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: mutant[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: mutant[place] = special.randomElement(using: &generator) ?? 0
        case 2: mutant.remove(at: place)
        case 3: mutant.insert(special.randomElement(using: &generator) ?? 0, at: place)
        default: mutant.removeSubrange(place...)
        }
    }
    return mutant
}
