import Foundation
import JSON
import Testing

/// Valid texts and their minified form. Random texts are compared with the values behind them, and with Foundation's result.
@Suite struct JSONParserTests {
    private let parser = JSONParser()

    private func minified(_ text: String) throws -> String {
        String(decoding: try parser.parse(Array(text.utf8)) { $0.minified }, as: UTF8.self)
    }

    private func kinds(inArray text: String) throws -> [JSONKind] {
        try parser.parse(Array(text.utf8)) { array in
            var kinds: [JSONKind] = []
            _ = array.forEachElement { kinds.append($1.kind) }
            return kinds
        }
    }

    private func foundation(_ text: String) throws -> NSObject? {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject
    }

    @Test(arguments: 0..<150) func aRandomTextMeansToFoundationWhatItsMinifiedFormMeans(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let text = sample.spell(sample.value())
        let original = try #require(try foundation(text))
        #expect(try foundation(minified(text)) == original, "seed \(seed): \(text)")
    }

    @Test(arguments: 0..<150) func eachElementOfARandomTextIsFound(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let value = sample.value()
        try parser.parse(Array(sample.spell(value).utf8)) { #expect(fault(in: $0, for: value) == nil, "seed \(seed)") }
    }

    @Test(arguments: 0..<50) func aMinifiedTextIsItsOwnMinifiedForm(seed: Int) throws {
        var sample = SampleJSON(seed: seed)
        let once = try minified(sample.spell(sample.value()))
        #expect(try minified(once) == once, "seed \(seed)")
    }

    @Test func oneParserReadsTextsOfAnySizeOneAfterTheOther() throws {
        let large = "[\(Array(repeating: "\"0123456789\"", count: 50_000).joined(separator: ","))]"
        for text in ["[1]", large, "[2]", "{", large, "{\"a\":3}"] {
            let result = try? minified(text)
            #expect(result == (text == "{" ? nil : text))
        }
    }

    @Test func spaceAroundTheTextIsNothing() throws {
        #expect(try minified(" \t\r\n{ \"a\" : [ ] } \n") == #"{"a":[]}"#)
    }

    @Test(arguments: [
        "100000000000000000000", "100000000000000000001", "18446744073709551615", "18446744073709551616", "99999999999999999999",
        "-9223372036854775809", "-10000000000000000000", "-100000000000000000001", "123456789012345678901234567890",
        "9007199254740993000000000000001",
    ])
    func aWholeNumberBeyondInt64KeepsItsDigits(digits: String) throws {
        #expect(try minified(digits) == digits)
        let kinds = try kinds(inArray: "[\(digits),1,\(digits)]")
        #expect(kinds == [.unsigned, .integer, .unsigned])
        #expect(try minified(" { \"a\" : \(digits) } ") == "{\"a\":\(digits)}")
        try parser.parse(Array(digits.utf8)) { #expect($0.integer == nil) }
    }

    @Test(arguments: ["1\(String(repeating: "0", count: 307))7", "-\(String(repeating: "1", count: 309))"])
    func aWholeNumberMayHaveAsManyDigitsAsADoubleCanHave(digits: String) throws {
        #expect(try minified("[\(digits)]") == "[\(digits)]")
    }

    @Test func doublesBetweenLongWholeNumbersStayDoubles() throws {
        let doubles = ["1.5", "1000.0", "-0.0", "100.0", "1e+20", "1e+20"]
        let spelled = ["1.5", "1e3", "-0.0", "1E+2", "100000000000000000001.0", "100000000000000000001e0"]
        let (first, second) = ("100000000000000000001", "-100000000000000000002")
        for (spelling, double) in zip(spelled, doubles) {
            #expect(try minified("[\(spelling),\(first)]") == "[\(double),\(first)]")
            #expect(try minified("[\(first),\(spelling)]") == "[\(first),\(double)]")
            #expect(
                try minified("[\(spelling),\(first),\(spelling),7,\(spelling),\(second),\(first),\(spelling)]")
                    == "[\(double),\(first),\(double),7,\(double),\(second),\(first),\(double)]")
        }
        let text = spelled.map { "\($0) , \(first)" }.joined(separator: ",")
        #expect(try minified("[\(text)]") == "[\(doubles.map { "\($0),\(first)" }.joined(separator: ","))]")
        #expect(try kinds(inArray: "[1.5,\(first),1e3,\(second)]") == [.double, .unsigned, .double, .unsigned])
    }

    @Test func longWholeNumbersKeepTheirDigitsHoweverTheyAreNested() throws {
        let text = #"""
            {"a":1.5,"b":[0.5,{"c":100000000000000000001,"d":[]},[[-100000000000000000002]],2.5],"e":{"f":{}},"g":100000000000000000003,"h":3.5}
            """#
        #expect(try minified(text) == text)
    }

    @Test func longWholeNumbersKeepTheirDigitsUnderOneName() throws {
        let text = #"{"a":1.5,"a":100000000000000000001,"a":100000000000000000002,"a":2.5,"a":{"a":100000000000000000003},"a":3.5}"#
        #expect(try minified(text) == text)
    }

    @Test func numbersInStringsAreNoNumbers() throws {
        let text = #"{"1.5":"1e3,100000000000000000001","\\":"\"2.5","\"3.5":"\\\"4.5\\","a":100000000000000000003,"b":1.5}"#
        #expect(try minified(text) == text)
    }

    @Test func aTextWithHalfASurrogatePairKeepsItsNumbers() throws {
        let numbers = "1.5,-0.0,1e+20,7,18446744073709551615"
        #expect(try minified(#"[1.5,"\ud800",\#(numbers)]"#) == "[1.5,\"\u{FFFD}\",\(numbers)]")
        let digits = "100000000000000000001"
        #expect(
            try minified(#"[1.5,"\ud800",\#(digits),"\ude00",\#(numbers),\#(digits)]"#)
                == "[1.5,\"\u{FFFD}\",\(digits),\"\u{FFFD}\",\(numbers),\(digits)]")
    }

    @Test func aTextHasNoDigitsOfTheOneBefore() throws {
        for _ in 0..<2 {
            #expect(
                try minified("[100000000000000000001,1.5,100000000000000000002]") == "[100000000000000000001,1.5,100000000000000000002]")
            #expect(try minified("[2.5,3.5,4.5]") == "[2.5,3.5,4.5]")
            // Mended, and malformed all the same.
            #expect(throws: JSONError.self) { try minified("[100000000000000000003,100000000000000000004,1.]") }
            #expect(try minified("[2.5,3.5,4.5]") == "[2.5,3.5,4.5]")
            #expect(try minified(#"[2.5,"\ud800",3.5]"#) == "[2.5,\"\u{FFFD}\",3.5]")
        }
    }

    @Test func everyDoubleKeepsItsValue() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let double = Double(bitPattern: generator.next())
            guard double.isFinite else { continue }
            let text = try minified("\(double)")
            #expect(Double(text) == double, "\(double)")
            #expect(text.contains(".") || text.contains("e"), "\(text) would be read as an integer")
        }
        // More digits than a double has.
        #expect(try minified("0.1000000000000000055511151231257827021181583404541015625") == "0.1")
        #expect(try minified("123456789012345678901234567890.5e-29") == "1.2345678901234567")
    }

    @Test func aNumberBeyond64BitsLeavesItsNeighboursExact() throws {
        let neighbours = "1234567890123456789,-9223372036854775808,9223372036854775807,18446744073709551615,1.5"
        #expect(try minified("[100000000000000000000,\(neighbours)]") == "[100000000000000000000,\(neighbours)]")
        #expect(try minified("[\"\\ud800\",\(neighbours)]") == "[\"\u{FFFD}\",\(neighbours)]")
    }

    @Test func digitsInStringsAndFractionsAreLeftAlone() throws {
        let text = #"["100000000000000000000","\"100000000000000000000",0.1234567890123456789]"#
        #expect(try minified("[\(text),100000000000000000000]") == "[\(try minified(text)),100000000000000000000]")
        #expect(
            try minified("[0.000000000000000000000001,1e0000000000000000000001,100000000000000000000]")
                == "[1e-24,10.0,100000000000000000000]")
    }

    @Test(arguments: [
        (#"\ud83d"#, "\u{FFFD}"), (#"\ude00"#, "\u{FFFD}"), (#"a\uD83Db"#, "a\u{FFFD}b"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
        (#"\ude00\ud83d"#, "\u{FFFD}\u{FFFD}"), (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ud83d\n"#, "\u{FFFD}\n"), (#"\\ud83d"#, #"\ud83d"#),
        (#"\\\ud83d"#, "\\\u{FFFD}"), (#"\ud83d\\ude00"#, "\u{FFFD}\\ude00"), (#"\ud83d\"\ude00"#, "\u{FFFD}\"\u{FFFD}"),
    ])
    func halfASurrogatePairIsTheReplacementCharacter(escaped: String, text: String) throws {
        let value = try parser.parse(Array("{\"\(escaped)\":\"\(escaped)\"}".utf8)) { object in
            var found: [String] = []
            object.forEachMember { name, value in found += [name, value.string ?? ""] }
            return found
        }
        #expect(value == [text, text])
    }

    @Test func onlyStringsHaveText() throws {
        try parser.parse(Array(#"[1,true,null,[],{}]"#.utf8)) { array in
            _ = array.forEachElement { _, element in
                #expect(element.string == nil)
                #expect(element.withUTF8 { $0.count } == nil)
            }
        }
    }

    @Test func aDoubleWithoutFractionIsAnInteger() throws {
        let integers = try parser.parse(Array("[1.0,-2e3,1.5,1e19,18446744073709551615,\"1\"]".utf8)) { array in
            var found: [Int64?] = []
            _ = array.forEachElement { found.append($1.integer) }
            return found
        }
        #expect(integers == [1, -2000, nil, nil, nil, nil])
    }
}

/// Where an element differs from the value that it was made from; nil if it does not.
private func fault(in element: JSONElement, for value: SampleValue) -> String? {
    guard element.depth == value.depth else { return "depth \(element.depth) for \(value)" }
    let text = String(decoding: element.minified, as: UTF8.self)
    let isRight =
        switch value {
        case .null: element.kind == .null && text == "null" && element.count == nil
        case .boolean(let flag): element.kind == .boolean && text == "\(flag)" && element.count == nil
        case .integer(let number): element.kind == .integer && element.integer == number && text == "\(number)"
        case .unsigned(let digits): element.kind == .unsigned && element.integer == nil && text == digits
        case .double(let spelling): element.kind == .double && Double(text) == Double(spelling)
        // By bytes: == would take another composition of the same characters for equal.
        case .string(let string): element.kind == .string && element.string.map { Array($0.utf8) == Array(string.utf8) } ?? false
        case .array(let elements): element.kind == .array && element.count == elements.count
        case .object(let members): element.kind == .object && element.count == members.count
        }
    guard isRight else { return "\(element.kind) \(text) for \(value)" }
    switch value {
    case .array(let elements): return fault(inElementsOf: element, for: elements)
    case .object(let members): return fault(inMembersOf: element, for: members)
    default: return nil
    }
}

private func fault(inElementsOf array: JSONElement, for values: [SampleValue]) -> String? {
    var faults: [String?] = []
    _ = array.forEachElement { position, element in
        faults.append(position < values.count ? fault(in: element, for: values[position]) : "one too many")
    }
    return faults.count == values.count ? faults.compactMap(\.self).first : "\(faults.count) elements of \(values.count)"
}

private func fault(inMembersOf object: JSONElement, for members: [(name: String, value: SampleValue)]) -> String? {
    var faults: [String?] = []
    object.forEachMember { name, element in
        guard faults.count < members.count else { return faults.append("one too many") }
        let member = members[faults.count]
        faults.append(name.utf8.elementsEqual(member.name.utf8) ? fault(in: element, for: member.value) : "\(name) for \(member.name)")
    }
    return faults.count == members.count ? faults.compactMap(\.self).first : "\(faults.count) members of \(members.count)"
}
