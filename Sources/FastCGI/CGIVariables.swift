package import HTTP
package import HTTPTypes

/// What the web server says about a request: the variables of CGI (RFC 3875, 4.1).
package struct CGIVariables {
    private(set) package var method = ""
    private(set) package var fields = HTTPFields()
    private(set) package var remoteUser: String?
    private var requestURI = ""
    private var scriptName = ""
    private var pathInfo = ""
    private var queryString: String?
    private var contentLengthText = ""

    /// Takes lines of the form `NAME=value`; what is not of this form is passed over.
    package init(_ lines: some Sequence<String>) {
        for line in lines {
            guard let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            set(line[..<equals], to: line[line.index(after: equals)...])
        }
    }

    private mutating func set(_ name: Substring, to value: Substring) {
        switch name {
        case "REQUEST_METHOD": method = String(value)
        case "REQUEST_URI": requestURI = String(value)
        case "SCRIPT_NAME": scriptName = String(value)
        case "PATH_INFO": pathInfo = String(value)
        case "QUERY_STRING": queryString = String(value)
        case "CONTENT_LENGTH": contentLengthText = String(value)
        case "CONTENT_TYPE": if !value.isEmpty { fields[.contentType] = String(value) }
        case "REMOTE_USER": remoteUser = value.isEmpty ? nil : String(value)
        default: addField(name, value)
        }
    }

    /// `HTTP_IF_NONE_MATCH` is the field If-None-Match (RFC 3875, 4.1.18).
    private mutating func addField(_ name: Substring, _ value: Substring) {
        // CONTENT_TYPE says it, and HTTP_PROXY is an attack on those who take it for a setting (https://httpoxy.org).
        guard name.hasPrefix("HTTP_"), name != "HTTP_CONTENT_TYPE", name != "HTTP_PROXY" else { return }
        let fieldName = name.dropFirst(5).lowercased().replacing("_", with: "-")
        guard let field = HTTPField.Name(fieldName) else { return }
        fields.append(HTTPField(name: field, value: String(value)))
    }

    /// The number of bytes that the body is announced to have; nil if nothing usable is said.
    package var contentLength: Int? {
        contentLengthText.isEmpty ? 0 : Int(contentLengthText).flatMap { $0 >= 0 ? $0 : nil }
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
