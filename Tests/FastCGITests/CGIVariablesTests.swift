import FastCGI
import HTTP
import HTTPTypes
import Testing

extension CGIVariables {
    init(_ lines: [String]) {
        self.init()
        for var line in lines { line.withUTF8 { add($0) } }
    }
}

/// From the web server's variables to a request, without any socket.
@Suite struct CGIVariablesTests {
    private func variables(_ lines: String...) -> CGIVariables { CGIVariables(["REQUEST_METHOD=GET"] + lines) }

    private func request(_ uri: String, _ lines: String...) -> Request? {
        CGIVariables(["REQUEST_METHOD=GET", "REQUEST_URI=\(uri)"] + lines).request
    }

    // MARK: - Path and query

    @Test(arguments: [
        ("/api/v1/sync/bulk", "/api/v1/sync/bulk"), ("/api?a=1", "/api"), ("/api#part", "/api"), ("/a%20b%2Fc", "/a b/c"), ("/a+b", "/a+b"),
        ("/", "/"),
        ("/é", "/é"), ("/%C3%A9", "/é"), ("/100%", "/100%"), ("*", "*"), ("//host/path", "//host/path"), ("/a?b=http://c/d", "/a"),
    ])
    func thePathIsTheDecodedTargetWithoutItsQuery(uri: String, path: String) {
        #expect(request(uri)?.path == path)
    }

    @Test(arguments: [
        ("http://example.org/api/v1?a=1", "/api/v1"), ("https://user@example.org:8443/a%20b", "/a b"),
        ("http://example.org/a://b", "/a://b"),
        ("http://example.org", ""), ("http://example.org?a=1", ""), ("http://", ""),
    ])
    func anAbsoluteTargetLosesItsSchemeAndHost(uri: String, path: String) {
        #expect(request(uri)?.path == path)
    }

    @Test func theTargetCountsBeforeWhatTheWebServerMadeOfIt() {
        #expect(request("/api/x", "SCRIPT_NAME=/script", "PATH_INFO=/info")?.path == "/api/x")
    }

    @Test func withoutATargetThePathIsTheScriptAndItsRest() {
        #expect(variables("SCRIPT_NAME=/api", "PATH_INFO=/v1/a b%20").request?.path == "/api/v1/a b%20")
        #expect(variables("REQUEST_URI=", "SCRIPT_NAME=/api").request?.path == "/api")
        #expect(variables().request?.path == "")
    }

    @Test func theQueryIsTheWebServersOrTheTargets() {
        #expect(request("/api?a=%20")?.query == "a=%20")
        #expect(request("/api?a=1", "QUERY_STRING=b=2")?.query == "b=2")
        #expect(request("/api?a=1", "QUERY_STRING=")?.query == "")
        #expect(request("/api")?.query == "")
        #expect(request("/api?a?b")?.query == "a?b")
    }

    // MARK: - Method, fields, user

    @Test func theMethodIsTaken() {
        #expect(CGIVariables(["REQUEST_METHOD=PATCH"]).request?.method == .patch)
        #expect(CGIVariables(["REQUEST_METHOD=BREW"]).request?.method.rawValue == "BREW")
    }

    @Test(arguments: ["", "REQUEST_METHOD=", "REQUEST_METHOD=GET POST", "REQUEST_METHOD=GET\r\nX", "REQUEST_METHOD", "request_method=GET"])
    func withoutAMethodThereIsNoRequest(line: String) {
        #expect(CGIVariables([line, "REQUEST_URI=/api"]).request == nil)
    }

    @Test func variablesWithTheirPrefixAreFields() {
        let fields = variables("HTTP_IF_NONE_MATCH=\"x\"", "HTTP_AUTHORIZATION=Bearer a=b==", "HTTP_X_REQUEST_ID=", "SERVER_NAME=x").fields
        #expect(fields[.ifNoneMatch] == "\"x\"")
        #expect(fields[.authorization] == "Bearer a=b==")
        #expect(fields.contains { $0.name.canonicalName == "x-request-id" && $0.value.isEmpty })
        #expect(fields.count == 3)
    }

    @Test func theContentTypeIsTheWebServersOwnVariable() {
        let fields = variables("CONTENT_TYPE=application/json", "HTTP_CONTENT_TYPE=text/plain").fields
        #expect(fields[values: .contentType] == ["application/json"])
        #expect(variables("CONTENT_TYPE=").fields[.contentType] == nil)
    }

    @Test func theFieldProxyIsDropped() {
        #expect(variables("HTTP_PROXY=http://evil").fields.isEmpty)
    }

    @Test func linesThatAreNoVariablesArePassedOver() {
        let found = variables(
            "", "=", "=x", "HTTP_", "HTTP_=x", "HTTP_A B=x", "HTTP_É=x", "HTTP_\u{301}=x", "noEqualsSign", "HTTP_AUTHORIZATION",
            "HTTP_AUTHORIZATIONS=x", "HTTP_HOST=x")
        #expect(found.request?.method == .get)
        #expect(found.fields.isEmpty)
    }

    @Test func aLineBreakInAFieldIsNone() {
        let value = variables("HTTP_X_REQUEST_ID=a\r\nSet-Cookie: b").fields.first?.value ?? ""
        #expect(!value.isEmpty)
        #expect(!value.contains { $0.isNewline })
    }

    @Test func theWebServersUserIsTakenIfThereIsOne() {
        #expect(variables("REMOTE_USER=alice").request?.remoteUser == "alice")
        #expect(variables("REMOTE_USER=").request?.remoteUser == nil)
        #expect(variables("HTTP_REMOTE_USER=mallory").request?.remoteUser == nil)
    }

    /// Mended, names of other bytes would become one.
    @Test func aWebServersUserThatIsNotUTF8IsNobody() {
        var variables = CGIVariables(["REQUEST_METHOD=GET"])
        (Array("REMOTE_USER=al".utf8) + [0xFF]).withUnsafeBufferPointer { variables.add($0) }
        #expect(variables.request?.method == .get)
        #expect(variables.request?.remoteUser == nil)
    }

    // MARK: - The body's length

    @Test func theLengthIsANumberOrNothing() {
        #expect(variables("CONTENT_LENGTH=12").bodyLength == .bytes(12))
        #expect(variables("CONTENT_LENGTH=0").bodyLength == .bytes(0))
        #expect(variables("CONTENT_LENGTH=").bodyLength == .unannounced)
        #expect(variables("CONTENT_LENGTH=-1").bodyLength == .unannounced)
        #expect(variables().bodyLength == .unannounced)
    }

    @Test(arguments: ["-2", "x", "1x", " 1", "1.0", "0x10", "99999999999999999999", "1,1", "é"])
    func aLengthThatIsNoneIsUnusable(text: String) {
        #expect(variables("CONTENT_LENGTH=\(text)").bodyLength == .unusable)
    }
}
