import SyncKit
import Testing

@Suite struct DocumentTests {
    private func document(_ json: String) throws -> Document { try #require(Document(json: json)) }

    private func json(_ document: Document) -> String {
        var bytes: [UInt8] = []
        document.writeMembers(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func readsEachKindOfValue() throws {
        let document = try document(#"{"s":"a\n\u00e9","i":7,"f":1.0,"n":2.5,"b":true,"d":"2023-01-01","ms":1672531200000,"z":null}"#)
        #expect(document.string("s") == "a\né")
        #expect(document.integer("i") == 7)
        #expect(document.integer("f") == 1)
        #expect(document.integer("n") == nil)
        #expect(document.number("n") == 2.5)
        #expect(document.boolean("b") == true)
        #expect(document.date("d") == document.date("ms"))
        #expect(!document.contains("z"))
        #expect(document.string("i") == nil)
        #expect(document.string("missing") == nil)
    }

    @Test func aPatchReplacesClearsAndLeavesTheRest() throws {
        let result = try document(#"{"a":1,"b":2,"c":3}"#).applying(try document(#"{"b":null,"c":[4],"d":5}"#))
        #expect(json(result) == #""a":1,"c":[4],"d":5"#)
    }

    @Test func equalityIgnoresOrderNullsAndSpelling() throws {
        #expect(try document(#"{"a":1,"b":{"x":1,"y":2}}"#) == document(#"{"b":{"y":2,"x":1.0},"z":null,"a":1}"#))
        #expect(try document(#"{"a":1}"#) != document(#"{"a":2}"#))
        #expect(try document(#"{"a":1}"#) != document(#"{"a":1,"b":1}"#))
        #expect(try document(#"{"a":1,"b":1}"#) != document(#"{"a":1}"#))
    }

    @Test func ofTwoMembersWithOneNameTheLastCounts() throws {
        #expect(json(try document(#"{"a":1,"b":2,"a":3}"#)) == #""b":2,"a":3"#)
    }

    @Test func setValuesAreEscapedAndReadBack() throws {
        var document = Document()
        document.set("na\"me", to: "a\"\\\n\u{1}é😀")
        document.set("n", to: Int64.min)
        document.set("n", to: 5)
        #expect(document.string("na\"me") == "a\"\\\n\u{1}é😀")
        #expect(document.integer("n") == 5)
        document.remove("n")
        #expect(document.names == ["na\"me"])
    }
}
