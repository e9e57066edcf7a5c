import HTTP
import HTTPTypes
import Logging
import SyncEngine
import SyncStore

/// One request on its way, as the metrics and the log see it.
struct Call: Sendable {
    /// In nanoseconds.
    struct Times {
        /// For the commit, and for a free thread after it; nil if there was nothing to wait for.
        var waiting: Int64?
        var working: Int64
    }

    /// Nil for a path that is not there.
    var route: Route?
    /// Nil as long as nobody knows whose it is.
    var user: UserID?
    private var results: [OperationResult] = []
    private var pageRecords: Int?
    private var failure: ErrorResponse?
    private let path: String
    private let requestID: String?
    private let requestBytes: Int
    private let start = ContinuousClock.now
    private var pause: (begin: ContinuousClock.Instant, end: ContinuousClock.Instant)?
    private let counters: Counters
    private let log: RequestLog

    init(_ request: Request, _ counters: Counters, _ log: RequestLog) {
        path = request.path
        requestID = HTTPField.Name.requestID.flatMap { request.field($0) }
        if case .complete(let body) = request.body { requestBytes = body.count } else { requestBytes = 0 }
        self.counters = counters
        self.log = log
    }

    // MARK: - On its way

    /// It waits for the writer from now on.
    mutating func beginWaiting() {
        let now = ContinuousClock.now
        pause = (now, now)
    }

    mutating func endWaiting() { pause?.end = .now }

    mutating func note(_ answer: SyncAnswer) {
        results = answer.results
        counters.count(answer.results)
        note(answer.page)
    }

    mutating func note(_ page: Page) {
        pageRecords = page.count
        counters.count(page)
    }

    /// Writes the answer to a request that has failed.
    mutating func fail(_ error: any Error, into response: inout Response) {
        let errorResponse = ErrorResponse(error)
        errorResponse.write(to: &response)
        failure = errorResponse
    }

    // MARK: - The end

    /// Counts and logs the request, whose answer is complete.
    func end(_ response: Response) {
        let waiting = pause.map { ($0.end - $0.begin).nanoseconds }
        let times = Times(waiting: waiting, working: (ContinuousClock.now - start).nanoseconds - (waiting ?? 0))
        let status = response.status.code
        counters.count(route, status: status, times, requestBytes: requestBytes, responseBytes: response.body.count)
        if log.wants(status: status, detail: failure?.detail) { log.write(status: status, members(response, times)) }
    }

    /// What the log has of the request: no token, no query, and nothing of a record.
    private func members(_ response: Response, _ times: Times) -> Logger.Metadata {
        var members: Logger.Metadata = [
            "route": "\(route.map { "\($0)" } ?? "none")", "status": .stringConvertible(response.status.code),
            "requestBytes": .stringConvertible(requestBytes), "bytes": .stringConvertible(response.body.count),
            "workMs": .stringConvertible(Self.milliseconds(times.working)),
        ]
        if let requestID { members["requestId"] = .string(requestID) }
        if let user { members["user"] = .string(log.name(of: user)) }
        if route == nil { members["path"] = .string(path) }
        if let waiting = times.waiting { members["waitMs"] = .stringConvertible(Self.milliseconds(waiting)) }
        if let pageRecords { members["records"] = .stringConvertible(pageRecords) }
        if !results.isEmpty {
            let counts = results.reduce(into: [String: Int]()) { $0[$1.statusName, default: 0] += 1 }
            members["operations"] = .dictionary(counts.mapValues { .stringConvertible($0) })
            members["conflicts"] = .stringConvertible(results.count { $0.conflict != nil })
        }
        // A 400's message may repeat what the client has sent. An error of the server's own has a reason for the operator.
        if let detail = failure?.detail { members["reason"] = .string(detail) }
        return members
    }

    /// With three digits after the point: 0.125.
    private static func milliseconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds / 1000) / 1000 }
}

extension HTTPField.Name {
    /// The name under which the web server hands its id of the request on.
    static let requestID = HTTPField.Name("X-Request-ID")
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
