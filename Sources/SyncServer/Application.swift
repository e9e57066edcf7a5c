// The whole server above the wire: a request comes in, an answer goes out, and whatever goes wrong in between is caught
// here, once. Each worker thread has an application of its own, which keeps the memory that is used again and again (the
// JSON parser); what the applications share is immutable or guards itself.

package import HTTP
import HTTPTypes
import JSON
package import Logging
package import SyncEngine
import SyncStore

/// Answers requests, one at a time.
package final class Application {
    private let authenticator: Authenticator
    private let controller: SyncController
    private let engine: SyncEngine
    private let logger: Logger

    package init(engine: SyncEngine, authenticator: Authenticator, logger: Logger) {
        self.engine = engine
        self.authenticator = authenticator
        self.logger = logger
        controller = SyncController(engine: engine)
    }

    /// Writes the answer to `request` into `response`, whose buffers are used again.
    package func respond(to request: Request, into response: inout Response) {
        response.reset()
        do {
            try answer(request, into: &response)
        } catch {
            let errorResponse = ErrorResponse(error)
            errorResponse.write(to: &response)
            log(errorResponse, request)
        }
    }

    private func answer(_ request: Request, into response: inout Response) throws {
        response.fields[.contentType] = "application/json"
        switch try Route(request.method, request.path) {
        case .health: response.body += "{\"status\":\"ok\"}".utf8
        case .ready:
            try engine.store.checkWritable()
            response.body += "{\"status\":\"ready\"}".utf8
        case .bulk: try controller.bulk(request, user: authenticator.user(of: request), into: &response)
        case .status: try controller.status(user: authenticator.user(of: request), into: &response)
        case .changes: try controller.changes(request, user: authenticator.user(of: request), into: &response)
        }
    }

    private func log(_ error: ErrorResponse, _ request: Request) {
        guard let detail = error.detail else { return }
        logger.error(
            "A request failed.",
            metadata: [
                "request-id": "\(HTTPField.Name.requestID.flatMap { request.fields[$0] } ?? "none")", "path": "\(request.path)",
                "status": "\(error.status.code)", "reason": "\(detail)",
            ])
    }
}

extension HTTPField.Name {
    /// The name under which the web server hands its id of the request on.
    static let requestID = HTTPField.Name("X-Request-ID")
}
