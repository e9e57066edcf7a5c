import HTTP
import HTTPTypes
import SyncEngine

/// The body of a request, once it is known to be whole and of the right kind.
enum RequestBody {
    /// The JSON text, inflated if it came as gzip.
    ///
    /// - Throws: 413, 415, or 400 if bytes are missing.
    static func json(of request: Request, limits: Limits) throws(RequestError) -> [UInt8] {
        switch request.body {
        case .tooLarge:
            throw RequestError(
                .tooLarge, "The body is larger than the \(limits.maxBodyBytes) bytes that are accepted. Send fewer operations at a time.")
        case .incomplete(let expected, let received):
            throw RequestError(.malformed, "The body has \(received) bytes, and \(expected) were announced.")
        case .complete(let bytes):
            try checkType(of: request)
            return try decode(bytes, encoding: request.field(.contentEncoding), limits)
        }
    }

    private static func checkType(of request: Request) throws(RequestError) {
        guard let type = request.field(.contentType), type != "application/json" else { return }
        let mediaType = type.prefix { $0 != ";" }.trimmingSuffix(while: \.isWhitespace).lowercased()
        guard mediaType == "application/json" || mediaType.hasSuffix("+json") else {
            throw RequestError(.unsupportedMediaType, "The Content-Type '\(mediaType)' is not supported. Send 'application/json'.")
        }
    }

    /// RFC 9110, 8.4: the names' case does not count, and x-gzip is gzip.
    private static func decode(_ bytes: [UInt8], encoding: String?, _ limits: Limits) throws(RequestError) -> [UInt8] {
        switch encoding?.lowercased() {
        case nil, "", "identity": return bytes
        case "gzip", "x-gzip":
            do throws(Gunzip.Failure) {
                return try Gunzip.inflate(bytes, maxBytes: limits.maxInflatedBytes)
            } catch .tooLarge {
                throw RequestError(
                    .tooLarge,
                    "Inflated, the body is larger than the \(limits.maxInflatedBytes) bytes that are accepted. Send fewer operations at a time."
                )
            } catch {
                throw RequestError(.malformed, "The body is not valid gzip, as its Content-Encoding says.")
            }
        case let other?:
            throw RequestError(
                .unsupportedMediaType, "The Content-Encoding '\(other)' is not supported. Send the body as it is, or as gzip.")
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
