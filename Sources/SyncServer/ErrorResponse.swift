import HTTP
import HTTPTypes
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// What a client sees of an error (PROTOCOL section 7). The only place where an error becomes a status.
struct ErrorResponse {
    let status: HTTPResponse.Status
    let message: String
    var faults: [ValidationError.Fault] = []
    var fields: HTTPFields = [:]
    /// What the log is to know and no client may see; nil if the message says it all.
    var detail: String?

    init(_ error: any Error) {
        switch error {
        case let error as RequestError:
            (status, fields) = Self.status(of: error.code)
            (message, faults) = (error.message, error.faults)
        case StoreError.overloaded:
            status = .serviceUnavailable
            message = "The server is busy. Send the request again later."
            fields = [.retryAfter: "1"]
        case StoreError.unavailable(let reason), StoreError.unusable(let reason):
            status = .serviceUnavailable
            message = "The server cannot use its database at the moment. Send the request again later."
            fields = [.retryAfter: "5"]
            detail = reason
        default:
            status = .internalServerError
            message = "Internal error."
            detail = String(reflecting: error)
        }
    }

    private static func status(of code: RequestError.Code) -> (HTTPResponse.Status, HTTPFields) {
        switch code {
        case .malformed: (.badRequest, [:])
        // RFC 6750, section 3
        case .unauthenticated: (.unauthorized, [.wwwAuthenticate: "Bearer realm=\"meelio-sync\""])
        case .notFound: (.notFound, [:])
        case .methodNotAllowed(let allowed): (.methodNotAllowed, [.allow: allowed])
        case .tooLarge: (.contentTooLarge, [:])
        case .unsupportedMediaType: (.unsupportedMediaType, [:])
        }
    }

    /// `{"code":400,"message":"…","errors":[{"path":"…","message":"…"}]}`
    func write(to response: inout Response) {
        response.reset()
        response.status = status
        response.fields = fields
        response.fields[.contentType] = "application/json"
        response.body += "{\"code\":\(status.code),\"message\":".utf8
        JSONWriter.string(message, to: &response.body)
        if !faults.isEmpty {
            response.body += ",\"errors\":".utf8
            FaultList.write(faults, to: &response.body)
        }
        response.body += "}".utf8
    }
}
