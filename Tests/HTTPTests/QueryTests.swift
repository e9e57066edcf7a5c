import HTTP
import Testing

@Suite struct QueryTests {
    @Test func parametersAreFoundByTheirNames() {
        let query = Query("since=12&limit=5")
        #expect(query["since"] == "12")
        #expect(query["limit"] == "5")
        #expect(query["cursor"] == nil)
    }

    @Test func namesAndValuesAreDecoded() {
        let query = Query("two%20words=a+b&%C3%A9=%26%3D&plus=1%2B1")
        #expect(query["two words"] == "a b")
        #expect(query["é"] == "&=")
        #expect(query["plus"] == "1+1")
    }

    @Test func ofTwoParametersWithOneNameTheLastCounts() {
        #expect(Query("a=1&b=2&a=3")["a"] == "3")
        #expect(Query("a=1&%61=3")["a"] == "3")
        #expect(Query("a=1&a")["a"] == "")
    }

    @Test func aParameterWithoutAValueIsEmpty() {
        #expect(Query("a")["a"] == "")
        #expect(Query("a=")["a"] == "")
    }

    @Test func onlyTheFirstEqualsSignSeparates() {
        #expect(Query("cursor=abc==")["cursor"] == "abc==")
        #expect(Query("=x")[""] == "x")
    }

    @Test(arguments: ["", "&", "&&&", "a=1&&b=2&", "%", "%=%", "=&=", "\u{301}=1", "a=\u{0}"])
    func oddQueriesAreNoTrap(text: String) {
        #expect(Query(text)["missing"] == nil)
        #expect(Query("\(text)&last=1")["last"] == "1")
    }
}
