// The whole server above the wire: a request comes in, an answer goes out, and whatever goes wrong in between is caught
// here. Each worker thread has an application of its own, which keeps the memory that is used again and again (the
// JSON parser); what the applications share is immutable or guards itself.

package import HTTP
import HTTPTypes
package import Logging
package import SyncEngine
import SyncStore

/// Answers requests, one at a time.
package final class Application {
    private let authenticator: Authenticator
    private var recentTokens: RecentTokens
    private let sync: SyncController
    private let conflicts: ConflictController
    private let descriptions: Descriptions
    private let engine: SyncEngine
    private let metrics: Metrics
    private let notices: NoticePublisher?
    private let counters: Counters
    private let log: RequestLog

    /// - Parameters:
    ///   - notices: what tells devices of changes; nil for nothing.
    ///   - logRequests: which requests get a line in the log.
    package init(
        engine: SyncEngine, authenticator: Authenticator, descriptions: Descriptions, metrics: Metrics,
        notices: NoticePublisher? = nil, logger: Logger, logRequests: RequestLog.Choice = .none
    ) {
        self.engine = engine
        self.authenticator = authenticator
        self.descriptions = descriptions
        self.metrics = metrics
        self.notices = notices
        counters = metrics.makeCounters()
        recentTokens = RecentTokens(counters: counters.tokens)
        log = RequestLog(logger, logRequests, UserHash(secret: engine.store.cursorKey, for: .log))
        let bodies = JSONBodies(limits: engine.limits)
        sync = SyncController(engine: engine, bodies: bodies, notices: notices)
        conflicts = ConflictController(engine: engine, bodies: bodies, notices: notices)
    }

    /// Writes the answer to `request` into `response`, whose buffers are used again, or returns the answer that is to come.
    package func respond(to request: Request, into response: inout Response) -> PendingResponse? {
        var call = Call(request, counters, log)
        response.reset()
        do {
            let route = try Route(request.method, request.path)
            call.route = route
            if let pending = try answer(request, route, of: &call, into: &response) { return self.response(to: call, after: pending) }
        } catch {
            call.fail(error, into: &response)
        }
        call.end(response)
        return nil
    }

    private func response(to call: Call, after pending: PendingSync) -> PendingResponse {
        var submitted = call
        submitted.beginWaiting()
        return PendingResponse(heldBytes: pending.heldBytes, whenReady: pending.whenFinished) { [submitted, engine, notices] response in
            var call = submitted
            call.endWaiting()
            response.reset()
            response.fields[.contentType] = "application/json"
            do {
                try SyncController.finish(pending, by: engine, telling: notices, noting: &call, into: &response)
            } catch {
                call.fail(error, into: &response)
            }
            call.end(response)
        }
    }

    private func answer(_ request: Request, _ route: Route, of call: inout Call, into response: inout Response) throws -> PendingSync? {
        response.fields[.contentType] = "application/json"
        switch route {
        case .metrics:
            response.fields[.contentType] = "text/plain; version=0.0.4"
            metrics.write(to: &response.body)
        case .health: response.body += "{\"status\":\"ok\"}".utf8
        case .ready:
            try engine.store.checkWritable()
            response.body += "{\"status\":\"ready\"}".utf8
        default:
            let account = try authenticator.account(of: request, recent: &recentTokens)
            call.user = account.user
            return try answer(request, route, for: account, of: &call, into: &response)
        }
        return nil
    }

    private func answer(
        _ request: Request, _ route: Route, for account: Account, of call: inout Call, into response: inout Response
    ) throws -> PendingSync? {
        switch route {
        case .bulk: return try sync.bulk(request, account, noting: &call, into: &response)
        case .status: try sync.status(request, account, into: &response)
        case .changes: try sync.changes(request, account, noting: &call, into: &response)
        case .check: try sync.check(request, account, noting: &call, into: &response)
        case .conflicts: try conflicts.list(request, account, into: &response)
        case .resolve: try conflicts.resolve(request, account, into: &response)
        case .entities: response.body += descriptions.entities
        case .openAPI: response.body += descriptions.openAPI
        case .health, .ready, .metrics: break
        }
        return nil
    }
}
