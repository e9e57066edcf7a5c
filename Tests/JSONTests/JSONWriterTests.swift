import Foundation
import JSON
import Testing

@Suite struct JSONWriterTests {
    private func written(_ text: String) -> [UInt8] {
        var json: [UInt8] = []
        JSONWriter.string(text, to: &json)
        return json
    }

    private func written(_ number: Int64) -> String {
        var json: [UInt8] = []
        JSONWriter.integer(number, to: &json)
        return String(decoding: json, as: UTF8.self)
    }

    @Test(arguments: 0..<100) func anyStringIsReadBackByFoundation(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let text = sample.text()
        let read = try JSONSerialization.jsonObject(with: Data(written(text)), options: .fragmentsAllowed) as? String
        #expect(read.map { Array($0.utf8) } == Array(text.utf8), "seed \(seed)")
    }

    @Test(arguments: 0..<100) func aStringIsWrittenAsTheParserWritesIt(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let text = sample.text()
        let spelled = Array(sample.spell(.string(text)).utf8)
        #expect(try JSONParser().parse(spelled) { $0.minified } == written(text), "seed \(seed)")
    }

    @Test func everyAsciiCharacterIsReadBack() throws {
        for code in UInt8(0)..<0x80 {
            let text = "a\(Character(Unicode.Scalar(code)))b"
            #expect(try JSONParser().parse(written(text)) { $0.string }.map { Array($0.utf8) } == Array(text.utf8), "\(code)")
        }
    }

    @Test func whatNeedNotBeEscapedIsNot() {
        #expect(String(decoding: written("/é😀\u{7F}\u{2028}"), as: UTF8.self) == "\"/é😀\u{7F}\u{2028}\"")
        #expect(String(decoding: written("\u{8}\t\n\u{C}\r\"\\\u{1}\u{1F}"), as: UTF8.self) == #""\b\t\n\f\r\"\\\u0001\u001f""#)
    }

    @Test func aStringThatFoundationHasMadeIsWritten() {
        #expect(String(decoding: written(NSString(string: "aé\n") as String), as: UTF8.self) == "\"aé\\n\"")
    }

    @Test(arguments: [Int64.min, .min + 1, -100, -10, -9, -1, 0, 1, 9, 10, 99, 100, .max - 1, .max])
    func integersAreWrittenInDecimal(number: Int64) {
        #expect(written(number) == "\(number)")
    }

    @Test func randomIntegersAreWrittenInDecimal() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<1000 {
            // Of every length.
            let number = Int64.random(in: Int64.min...Int64.max, using: &generator) >> Int64.random(in: 0...63, using: &generator)
            #expect(written(number) == "\(number)")
        }
    }

    @Test func whatIsInTheBufferStays() {
        var json = Array("[".utf8)
        JSONWriter.string("a", to: &json)
        JSONWriter.integer(-7, to: &json)
        #expect(String(decoding: json, as: UTF8.self) == #"["a"-7"#)
    }
}
