import HTTPTypes

/// What the server answers to.
enum Route: Int, Sendable, CaseIterable {
    case bulk, status, changes, check, conflicts, resolve, entities, openAPI
    case health, ready, metrics

    /// From 0 on, in the order above.
    var number: Int { rawValue }

    /// Where it is; the one place to look for it.
    var path: String {
        switch self {
        case .bulk: "/api/v1/sync/bulk"
        case .status: "/api/v1/sync/status"
        case .changes: "/api/v1/sync/changes"
        case .check: "/api/v1/sync/check"
        case .conflicts: "/api/v1/sync/conflicts"
        case .resolve: "/api/v1/sync/resolve"
        case .entities: "/api/v1/sync/entities"
        case .openAPI: "/api/v1/sync/openapi.json"
        case .health: "/health"
        case .ready: "/ready"
        case .metrics: "/metrics"
        }
    }

    private var method: HTTPRequest.Method {
        switch self {
        case .bulk, .check, .resolve: .post
        case .status, .changes, .conflicts, .entities, .openAPI, .health, .ready, .metrics: .get
        }
    }

    private static let byPath = Dictionary(uniqueKeysWithValues: allCases.map { ($0.path, $0) })

    /// - Throws: 404 for a path that is not there, 405 for a method that the path does not take.
    init(_ method: HTTPRequest.Method, _ path: String) throws(RequestError) {
        guard let route = Self.byPath[path] else {
            throw RequestError(.notFound, "There is nothing at '\(path)'.")
        }
        // HEAD is GET whose answer's body is not sent (RFC 9110, 9.3.2).
        guard route.method == (method == .head ? .get : method) else {
            let allowed = route.method == .get ? "GET, HEAD" : route.method.rawValue
            throw RequestError(.methodNotAllowed(allowed: allowed), "'\(path)' takes \(allowed), not \(method.rawValue).")
        }
        self = route
    }
}
