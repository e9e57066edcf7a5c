import HTTP
import HTTPTypes

/// The body of a request, once it is known to be whole and of the right kind.
enum RequestBody {
    /// - Throws: 413, 415, or 400 if bytes are missing.
    static func json(of request: Request) throws(RequestError) -> [UInt8] {
        switch request.body {
        case .tooLarge:
            throw RequestError(.tooLarge, "The body is larger than the server accepts. Send fewer operations at a time.")
        case .incomplete(let expected, let received):
            throw RequestError(.malformed, "The body has \(received) bytes, and \(expected) were announced.")
        case .complete(let bytes):
            try checkType(of: request)
            return bytes
        }
    }

    private static func checkType(of request: Request) throws(RequestError) {
        if let encoding = request.fields[.contentEncoding], encoding.lowercased() != "identity" {
            throw RequestError(.unsupportedMediaType, "The Content-Encoding '\(encoding)' is not supported. Send the body as it is.")
        }
        guard let type = request.fields[.contentType] else { return }
        let mediaType = type.prefix { $0 != ";" }.trimmingSuffix(while: \.isWhitespace).lowercased()
        guard mediaType == "application/json" || mediaType.hasSuffix("+json") else {
            throw RequestError(.unsupportedMediaType, "The Content-Type '\(mediaType)' is not supported. Send 'application/json'.")
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> Substring {
        var trimmed = self
        while let last = trimmed.last, isUnwanted(last) { trimmed.removeLast() }
        return trimmed
    }
}
