// The web server's side of FastCGI, byte by byte, so that a test can send what no web server would:
// https://fastcgi-archives.github.io/FastCGI_Specification.html, sections 3.3 to 5.

enum RecordType: UInt8 {
    case beginRequest = 1
    case abortRequest, endRequest, params, stdin, stdout, stderr
}

/// One record, as it comes from the server.
struct Record {
    let type: RecordType?
    let content: [UInt8]
}

/// The bytes of records.
enum Records {
    static func record(_ type: RecordType, _ content: [UInt8], id: UInt8 = 1) -> [UInt8] {
        [1, type.rawValue, 0, id, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    /// The role of a responder, and the flag FCGI_KEEP_CONN.
    static func begin(keepsConnection: Bool) -> [UInt8] {
        record(.beginRequest, [0, 1, keepsConnection ? 1 : 0, 0, 0, 0, 0, 0])
    }

    /// A whole stream: records of at most 65535 bytes, and the empty one that ends it.
    static func stream(_ type: RecordType, _ bytes: [UInt8]) -> [UInt8] {
        var records: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            records += record(type, Array(rest.prefix(0xFFFF)))
            rest = rest.dropFirst(0xFFFF)
        }
        return records + record(type, [])
    }

    static func pairs(_ variables: [(name: String, value: String)]) -> [UInt8] {
        variables.flatMap { length($0.name) + length($0.value) + Array($0.name.utf8) + Array($0.value.utf8) }
    }

    /// One byte up to 127, else four with the highest bit set.
    private static func length(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        if count < 0x80 { return [UInt8(count)] }
        return [UInt8(count >> 24) | 0x80, UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
    }
}

/// What a web server sends for one request of HTTP.
struct FastCGIRequest {
    var method: String?
    var uri: String
    var body: [UInt8] = []
    /// What CONTENT_LENGTH says; the body's true length if nothing else is given.
    var announced: String?
    var variables: [(name: String, value: String)] = []
    var keepsConnection = false

    init(_ method: String? = "GET", _ uri: String = "/echo") {
        self.method = method
        self.uri = uri
    }

    var params: [UInt8] {
        var lines: [(name: String, value: String)] = [("REQUEST_URI", uri), ("CONTENT_LENGTH", announced ?? "\(body.count)")]
        if let method { lines.append(("REQUEST_METHOD", method)) }
        return Records.pairs(lines + variables)
    }

    var bytes: [UInt8] {
        Records.begin(keepsConnection: keepsConnection) + Records.stream(.params, params) + Records.stream(.stdin, body)
    }

    /// The same request, for a connection that is to stay open.
    var kept: FastCGIRequest {
        var request = self
        request.keepsConnection = true
        return request
    }
}

/// The answer to one request.
struct FastCGIAnswer {
    let status: String
    /// By their names in small letters.
    let fields: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Parses what came on STDOUT: fields, an empty line and the body (RFC 3875, 6). Nil if it has no such form.
    init?(stdout: [UInt8]) {
        guard let end = stdout.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var fields: [String: String] = [:]
        for line in String(decoding: stdout[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstRange(of: ": ") else { return nil }
            fields[line[..<colon.lowerBound].lowercased()] = String(line[colon.upperBound...])
        }
        status = fields["status"] ?? ""
        self.fields = fields
        body = Array(stdout[end.upperBound...])
    }
}
