import HTTP
import Testing

@Suite struct PercentEncodingTests {
    private func decoded(_ text: String) -> String { PercentEncoding.decode(text.utf8) }

    @Test(arguments: [
        ("", ""), ("/api/v1/sync", "/api/v1/sync"), ("%41", "A"), ("%c3%a9", "é"), ("%C3%A9", "é"), ("%F0%9F%98%80", "😀"), ("a%20b", "a b"),
        ("%2F", "/"),
        ("%00", "\0"), ("é%41é", "éAé"), ("%2541", "%41"),
    ])
    func escapesAreDecodedOnce(text: String, plain: String) {
        #expect(decoded(text) == plain)
    }

    @Test(arguments: ["%", "%4", "%%", "%zz", "%4g", "%g4", "100%", "%+1", "% 1", "%é", "%-1"])
    func aPercentSignWithoutTwoDigitsStays(text: String) {
        #expect(decoded(text) == text)
    }

    @Test func aPercentSignBeforeAnEscapeStays() {
        #expect(decoded("%%41") == "%A")
        #expect(decoded("%4%41") == "%4A")
    }

    @Test(arguments: ["%ff", "%C3", "%ED%A0%80", "%C0%80"])
    func bytesThatAreNotUTF8BecomeReplacementCharacters(text: String) {
        #expect(decoded("a\(text)b").hasPrefix("a\u{FFFD}"))
        #expect(decoded("a\(text)b").hasSuffix("b"))
    }

    @Test func plusIsASpaceWhereItIsAskedFor() {
        #expect(PercentEncoding.decode("a+b%2Bc".utf8, plusIsSpace: true) == "a b+c")
        #expect(decoded("a+b") == "a+b")
    }

    @Test func everyByteIsDecoded() {
        for byte in UInt8(0)..<0x80 {
            let digits = String(byte, radix: 16)
            #expect(decoded("%\(digits.count < 2 ? "0" : "")\(digits)") == String(Character(Unicode.Scalar(byte))))
        }
    }
}
