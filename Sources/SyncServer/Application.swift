// The whole server above the wire: a request comes in, an answer goes out, and whatever goes wrong in between is caught
// here, once. Each worker thread has an application of its own, which keeps the memory that is used again and again (the
// JSON parser); what the applications share is immutable or guards itself.

package import HTTP
import HTTPTypes
package import Logging
package import SyncEngine
import SyncStore

/// Answers requests, one at a time.
package final class Application {
    private let authenticator: Authenticator
    private var recentTokens = RecentTokens()
    private let sync: SyncController
    private let conflicts: ConflictController
    private let descriptions: Descriptions
    private let engine: SyncEngine
    private let metrics: Metrics
    private let counters: Counters
    private let logger: Logger

    package init(engine: SyncEngine, authenticator: Authenticator, descriptions: Descriptions, metrics: Metrics, logger: Logger) {
        self.engine = engine
        self.authenticator = authenticator
        self.descriptions = descriptions
        self.metrics = metrics
        counters = metrics.makeCounters()
        self.logger = logger
        let bodies = JSONBodies(limits: engine.limits)
        sync = SyncController(engine: engine, bodies: bodies, counters: counters)
        conflicts = ConflictController(engine: engine, bodies: bodies)
    }

    /// Writes the answer to `request` into `response`, whose buffers are used again.
    package func respond(to request: Request, into response: inout Response) {
        let start = ContinuousClock.now
        response.reset()
        var route: Route?
        do {
            let found = try Route(request.method, request.path)
            route = found
            try answer(request, found, into: &response)
        } catch {
            let errorResponse = ErrorResponse(error)
            errorResponse.write(to: &response)
            log(errorResponse, request)
        }
        counters.count(route: route, status: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func answer(_ request: Request, _ route: Route, into response: inout Response) throws {
        response.fields[.contentType] = "application/json"
        switch route {
        case .metrics:
            response.fields[.contentType] = "text/plain; version=0.0.4"
            metrics.write(to: &response.body)
        case .health: response.body += "{\"status\":\"ok\"}".utf8
        case .ready:
            try engine.store.checkWritable()
            response.body += "{\"status\":\"ready\"}".utf8
        default: try answer(request, route, for: authenticator.account(of: request, recent: &recentTokens), into: &response)
        }
    }

    private func answer(_ request: Request, _ route: Route, for account: Account, into response: inout Response) throws {
        switch route {
        case .bulk: try sync.bulk(request, account, into: &response)
        case .status: try sync.status(request, account, into: &response)
        case .changes: try sync.changes(request, account, into: &response)
        case .check: try sync.check(request, account, into: &response)
        case .conflicts: try conflicts.list(request, account, into: &response)
        case .resolve: try conflicts.resolve(request, account, into: &response)
        case .entities: response.body += descriptions.entities
        case .openAPI: response.body += descriptions.openAPI
        case .health, .ready, .metrics: break
        }
    }

    private func log(_ error: ErrorResponse, _ request: Request) {
        guard let detail = error.detail else { return }
        let requestID = HTTPField.Name.requestID.flatMap { request.fields[$0] } ?? "none"
        logger.error(
            "A request failed.",
            metadata: ["request-id": "\(requestID)", "path": "\(request.path)", "status": "\(error.status.code)", "reason": "\(detail)"])
    }
}

extension HTTPField.Name {
    /// The name under which the web server hands its id of the request on.
    static let requestID = HTTPField.Name("X-Request-ID")
}
