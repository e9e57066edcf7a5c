import HTTP
import HTTPTypes
import Logging

/// One request on its way, as the metrics and the log see it.
struct Call: Sendable {
    /// Nil for a path that is not there.
    var route: Route?
    private let path: String
    private let requestID: String?
    private let start = ContinuousClock.now
    private let counters: Counters
    private let logger: Logger

    init(_ request: Request, _ counters: Counters, _ logger: Logger) {
        path = request.path
        requestID = HTTPField.Name.requestID.flatMap { request.field($0) }
        self.counters = counters
        self.logger = logger
    }

    /// Writes the answer to a request that has failed, and logs what no client may see.
    func fail(_ error: any Error, into response: inout Response) {
        let errorResponse = ErrorResponse(error)
        errorResponse.write(to: &response)
        guard let detail = errorResponse.detail else { return }
        logger.error(
            "A request failed.",
            metadata: [
                "request-id": "\(requestID ?? "none")", "path": "\(path)", "status": "\(errorResponse.status.code)", "reason": "\(detail)",
            ])
    }

    /// Counts the request, whose answer is complete.
    func end(_ response: Response) {
        counters.count(route: route, status: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}

extension HTTPField.Name {
    /// The name under which the web server hands its id of the request on.
    static let requestID = HTTPField.Name("X-Request-ID")
}
