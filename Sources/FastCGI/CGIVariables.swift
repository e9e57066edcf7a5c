// A web server sends some thirty variables with each request, and the server reads ten. So they are looked at as bytes, and a
// string is made of those alone.

package import HTTP
package import HTTPTypes

/// What the web server says about a request: the variables of CGI (RFC 3875, 4.1).
package struct CGIVariables {
    private(set) package var method = ""
    /// Those of the request's fields that the server reads: see `readFields`.
    private(set) package var fields = HTTPFields()
    private(set) package var remoteUser: String?
    private var requestURI = ""
    private var scriptName = ""
    private var pathInfo = ""
    private var queryString: String?
    private var contentLengthText = ""

    package init() {}

    /// `HTTP_IF_NONE_MATCH` is the field If-None-Match (RFC 3875, 4.1.18).
    private static let readFields: [(variable: StaticString, name: HTTPField.Name?)] = [
        ("HTTP_AUTHORIZATION", .authorization), ("HTTP_IF_NONE_MATCH", .ifNoneMatch), ("HTTP_CONTENT_ENCODING", .contentEncoding),
        ("HTTP_X_REQUEST_ID", HTTPField.Name("X-Request-ID")), ("HTTP_COOKIE", .cookie),
    ]

    /// Takes a line of the form `NAME=value`; what is not of this form, or of no use, is passed over.
    package mutating func add(_ line: UnsafeBufferPointer<UInt8>) {
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return }
        let name = UnsafeBufferPointer(rebasing: line[..<equals])
        let value = UnsafeBufferPointer(rebasing: line[(equals + 1)...])
        guard let first = name.first else { return }
        switch first {
        case UInt8(ascii: "H"): addField(name, value)
        case UInt8(ascii: "R"):
            if name.is("REQUEST_METHOD") { method = text(value) }
            if name.is("REQUEST_URI") { requestURI = text(value) }
            // Not mended where it is not UTF-8: two users' names would become one.
            if name.is("REMOTE_USER") { remoteUser = value.isEmpty ? nil : String(validating: value, as: UTF8.self) }
        case UInt8(ascii: "S"): if name.is("SCRIPT_NAME") { scriptName = text(value) }
        case UInt8(ascii: "P"): if name.is("PATH_INFO") { pathInfo = text(value) }
        case UInt8(ascii: "Q"): if name.is("QUERY_STRING") { queryString = text(value) }
        case UInt8(ascii: "C"):
            if name.is("CONTENT_LENGTH") { contentLengthText = text(value) }
            if name.is("CONTENT_TYPE"), !value.isEmpty { fields[.contentType] = text(value) }
        default: break
        }
    }

    private mutating func addField(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        guard let field = Self.readFields.first(where: { name.is($0.variable) })?.name else { return }
        fields.append(HTTPField(name: field, value: text(value)))
    }

    private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// What the web server says of the body's length (RFC 3875, 4.1.2).
    package enum BodyLength: Sendable, Equatable {
        case bytes(Int)
        /// Nothing is said. There is no body, or the client sends it in chunks (RFC 9112, 7.1) and the web server hands it on
        /// as it comes: the end of the stream is its end.
        case unannounced
        /// What is said is no length.
        case unusable
    }

    package var bodyLength: BodyLength {
        // Caddy's word for a body in chunks is -1.
        if contentLengthText.isEmpty || contentLengthText == "-1" { return .unannounced }
        guard let count = Int(contentLengthText), count >= 0 else { return .unusable }
        return .bytes(count)
    }

    /// The request, whose body is still to come. Nil if there is no method that HTTP could have (RFC 9110, 5.6.2).
    package var request: Request? {
        guard let method = HTTPRequest.Method(method) else { return nil }
        return Request(method: method, path: path, query: query, fields: fields, remoteUser: remoteUser)
    }

    /// REQUEST_URI is what the client sent, in any location and with any rewriting; without it (it is not in the RFC)
    /// the path is what the web server has made of it.
    private var path: String {
        guard !requestURI.isEmpty else { return scriptName + pathInfo }
        let target = requestURI.prefix { $0 != "?" && $0 != "#" }
        // A proxy's client may send the whole URI (RFC 9112, 3.2.2).
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return PercentEncoding.decode(target.utf8) }
        return PercentEncoding.decode(target[scheme.upperBound...].drop { $0 != "/" }.utf8)
    }

    private var query: String {
        if let queryString { return queryString }
        return requestURI.firstIndex(of: "?").map { String(requestURI[requestURI.index(after: $0)...]) } ?? ""
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func `is`(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { $0.elementsEqual(self) }
    }
}
