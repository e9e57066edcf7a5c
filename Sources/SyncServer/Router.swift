import HTTPTypes

/// What the server answers to.
enum Route: Sendable {
    case bulk, status, changes
    case health, ready

    /// Every path with the methods that it takes; the one place to look for them.
    private static let table: [String: [HTTPRequest.Method: Route]] = [
        "/api/v1/sync/bulk": [.post: .bulk],
        "/api/v1/sync/status": [.get: .status],
        "/api/v1/sync/changes": [.get: .changes],
        "/health": [.get: .health],
        "/ready": [.get: .ready],
    ]

    /// - Throws: 404 for a path that is not in the table, 405 for a method that the path does not take.
    init(_ method: HTTPRequest.Method, _ path: String) throws(RequestError) {
        guard let methods = Self.table[path] else {
            throw RequestError(.notFound, "There is nothing at '\(path)'.")
        }
        // HEAD is GET whose answer's body is not sent (RFC 9110, 9.3.2).
        guard let route = methods[method == .head ? .get : method] else {
            let allowed = methods.keys.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }.sorted().joined(separator: ", ")
            throw RequestError(.methodNotAllowed(allowed: allowed), "'\(path)' takes \(allowed), not \(method.rawValue).")
        }
        self = route
    }
}
