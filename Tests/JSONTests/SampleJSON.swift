// Random JSON texts whose meaning is known without parsing them: the text is made from the value, in every spelling that
// RFC 8259 allows. The same seed makes the same text, so that a failure can be looked at again.

/// A JSON value as the tests know it.
indirect enum SampleValue {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A whole number that does not fit into `Int64`.
    case unsigned(String)
    /// As it is spelled in the text.
    case double(String)
    case string(String)
    case array([SampleValue])
    case object([(name: String, value: SampleValue)])
}

extension SampleValue {
    var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
        default: 0
        }
    }
}

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c): good enough, and the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes values, and spells them.
struct SampleJSON {
    private var generator: SeededGenerator

    init(seed: Int) { generator = SeededGenerator(seed: seed) }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(0...choices.count - 1)] }

    // MARK: - Values

    /// An object or an array.
    mutating func container(maxDepth: Int = 6) -> SampleValue {
        chance(70) ? object(maxDepth) : array(maxDepth)
    }

    mutating func value(maxDepth: Int = 6) -> SampleValue {
        switch number(0...(maxDepth > 0 ? 9 : 6)) {
        case 0: .null
        case 1: .boolean(chance(50))
        case 2: .integer(integer())
        case 3: .unsigned(unsigned())
        case 4: .double(double())
        case 5, 6: .string(text())
        case 7: array(maxDepth)
        default: object(maxDepth)
        }
    }

    private mutating func array(_ maxDepth: Int) -> SampleValue {
        // A wide one now and then; and one in another, as deep as it may be.
        if chance(5) { return .array((0..<number(50...300)).map { _ in value(maxDepth: 0) }) }
        if chance(5) { return (0..<number(1...100)).reduce(value(maxDepth: 0)) { inner, _ in .array([inner]) } }
        return .array((0..<number(0...5)).map { _ in value(maxDepth: maxDepth - 1) })
    }

    private mutating func object(_ maxDepth: Int) -> SampleValue {
        var members: [(name: String, value: SampleValue)] = []
        for _ in 0..<number(0...6) {
            let name = text()
            // Foundation's dictionary knows one of two such names only; that duplicates are told apart is tested elsewhere.
            if members.allSatisfy({ $0.name != name }) { members.append((name, value(maxDepth: maxDepth - 1))) }
        }
        return .object(members)
    }

    private mutating func integer() -> Int64 {
        switch number(0...3) {
        case 0: Int64(number(-10...10))
        case 1: pick([Int64.min, Int64.max, 1 << 53, -(1 << 53), 999_999_999_999_999_999, 1_000_000_000_000_000_000])
        case 2: Int64.random(in: Int64.min...Int64.max, using: &generator)
        default: Int64(number(-1_000_000_000...1_000_000_000))
        }
    }

    private mutating func unsigned() -> String {
        if chance(50) { return "\(UInt64.random(in: UInt64(Int64.max) + 1...UInt64.max, using: &generator))" }
        let digits = (0..<number(19...40)).map { _ in "\(number(0...9))" }.joined()
        return "\(pick(["", "-"]))\(number(1...9))\(digits)"
    }

    private mutating func double() -> String {
        if chance(30) {
            return pick([
                "0.0", "-0.0", "1.0", "5e-324", "1.797e308", "1e15", "1e16", "1E+22", "1e-7", "0e9",
                "0.1", "-1.5E-3", "123456789012345.0", "1e0",
            ])
        }
        // Short ones: a number of more than 17 characters is a decimal to Foundation, which is another number.
        let (whole, fraction) = (number(0...99), number(0...99_999))
        let sign = chance(50) ? "-" : ""
        return "\(sign)\(whole).\(fraction)" + (chance(50) ? "\(pick(["e", "E"]))\(pick(["", "+", "-"]))\(number(0...120))" : "")
    }

    private static let scalars: [Unicode.Scalar] = [
        "\"", "\\", "/", "\0", "\u{1}", "\u{8}", "\t", "\n", "\u{B}", "\u{C}", "\r", "\u{1F}", " ", "{", "}", "[", "]", ":", ",", "u", "n",
        "\u{7F}",
        "\u{80}", "é", "\u{301}", "\u{7FF}", "\u{800}", "\u{2028}", "\u{D7FF}", "\u{E000}", "\u{FFFD}", "\u{FFFF}", "\u{10000}", "😀",
        "\u{10FFFF}",
    ]

    /// A string of any characters, with those often that are special in JSON or in UTF-8.
    mutating func text() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<(chance(3) ? number(100...400) : number(0...12)) {
            text.append(chance(50) ? pick(Self.scalars) : Unicode.Scalar(UInt8(number(0x61...0x7A))))
        }
        return String(text)
    }

    // MARK: - Spelling

    /// One of the texts that mean the value; the text begins and ends with it.
    mutating func spell(_ value: SampleValue) -> String {
        switch value {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .unsigned(let digits): digits
        case .double(let text): text
        case .string(let text): spell(text)
        case .array(let elements): "[\(space())" + elements.map { spell($0) + space() }.joined(separator: ",\(space())") + "]"
        case .object(let members):
            "{\(space())"
                + members.map { spell($0.name) + space() + ":" + space() + spell($0.value) + space() }.joined(separator: ",\(space())")
                + "}"
        }
    }

    private mutating func space() -> String {
        chance(20) ? (0..<number(1...3)).map { _ in pick([" ", "\t", "\n", "\r", "\r\n"]) }.joined() : ""
    }

    private mutating func spell(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { spell($0) }.joined() + "\""
    }

    private static let shortEscapes: [Unicode.Scalar: String] = [
        "\"": #"\""#, "\\": #"\\"#, "/": #"\/"#, "\u{8}": #"\b"#, "\u{C}": #"\f"#, "\n": #"\n"#, "\r": #"\r"#, "\t": #"\t"#,
    ]

    private mutating func spell(_ scalar: Unicode.Scalar) -> String {
        let mustBeEscaped = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        if let short = Self.shortEscapes[scalar], chance(mustBeEscaped ? 70 : 30) { return short }
        guard mustBeEscaped || chance(15) else { return String(Character(scalar)) }
        return String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: chance(50))
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
