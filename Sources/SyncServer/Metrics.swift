import SyncEngine
import Synchronization

/// What the server has done since it started, for GET /metrics; shared by all threads.
package final class Metrics: Sendable {
    private struct Requests {
        var count = 0
        var seconds = 0.0
    }

    /// The upper bounds of the durations that are counted, in seconds.
    private static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

    private struct State {
        /// By `route="bulk",status="200"`.
        var requests: [String: Requests] = [:]
        /// By `entity="tasks",status="applied"`.
        var operations: [String: Int] = [:]
        /// Requests per bound, each that fits it; the last is for all.
        var durations = [Int](repeating: 0, count: bounds.count + 1)
    }

    private let state = Mutex(State())

    package init() {}

    func count(route: Route?, status: Int, seconds: Double) {
        let labels = "route=\"\(route.map { "\($0)" } ?? "none")\",status=\"\(status)\""
        state.withLock { state in
            state.requests[labels, default: Requests()].count += 1
            state.requests[labels, default: Requests()].seconds += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { state.durations[index] += 1 }
            state.durations[Self.bounds.count] += 1
        }
    }

    /// Counts the operations of a bulk by their entity and outcome.
    func count(_ results: [OperationResult]) {
        guard !results.isEmpty else { return }
        state.withLock { state in
            for result in results { state.operations[result.metricLabels, default: 0] += 1 }
        }
    }

    /// Appends the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).
    func write(to text: inout [UInt8]) {
        let state = state.withLock { $0 }
        text += "# TYPE meelio_sync_requests_total counter\n".utf8
        for (labels, requests) in state.requests.sorted(by: { $0.key < $1.key }) {
            text += "meelio_sync_requests_total{\(labels)} \(requests.count)\n".utf8
        }
        text += "# TYPE meelio_sync_operations_total counter\n".utf8
        for (labels, count) in state.operations.sorted(by: { $0.key < $1.key }) {
            text += "meelio_sync_operations_total{\(labels)} \(count)\n".utf8
        }
        text += "# TYPE meelio_sync_request_duration_seconds histogram\n".utf8
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], state.durations) {
            text += "meelio_sync_request_duration_seconds_bucket{le=\"\(bound)\"} \(count)\n".utf8
        }
        text += "meelio_sync_request_duration_seconds_sum \(state.requests.values.reduce(0) { $0 + $1.seconds })\n".utf8
        text += "meelio_sync_request_duration_seconds_count \(state.durations[Self.bounds.count])\n".utf8
    }
}

extension OperationResult {
    /// An unknown entity is counted as `unknown`: a client must not make up labels without end.
    fileprivate var metricLabels: String {
        let status =
            switch outcome {
            case .accepted(let acceptance): "\(acceptance.status)"
            case .conflict: "conflict"
            case .rejected: "rejected"
            }
        return "entity=\"\(conflict?.kind == .unknownEntity ? "unknown" : operation.entity)\",status=\"\(status)\""
    }
}
