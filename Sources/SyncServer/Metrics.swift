import SyncEngine
import Synchronization

/// What the server has done since it started, for GET /metrics. Every thread counts for itself: a lock that all of them take
/// for every request would cost more than the counting.
package final class Metrics: Sendable {
    private let counters = Mutex<[Counters]>([])

    package init() {}

    /// Counters for one more thread.
    func makeCounters() -> Counters {
        let new = Counters()
        counters.withLock { $0.append(new) }
        return new
    }

    /// Appends the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).
    func write(to text: inout [UInt8]) {
        let total = counters.withLock { $0 }.reduce(into: Counters.Counts()) { $0.add($1.counts) }
        text += "# TYPE meelio_sync_requests_total counter\n".utf8
        for (labels, count) in total.requests.map({ ($0.key.labels, $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            text += "meelio_sync_requests_total{\(labels)} \(count)\n".utf8
        }
        text += "# TYPE meelio_sync_operations_total counter\n".utf8
        for (labels, count) in total.operations.map({ ($0.key.labels, $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            text += "meelio_sync_operations_total{\(labels)} \(count)\n".utf8
        }
        text += "# TYPE meelio_sync_request_duration_seconds histogram\n".utf8
        for (bound, count) in zip(Counters.bounds.map { "\($0)" } + ["+Inf"], total.durations) {
            text += "meelio_sync_request_duration_seconds_bucket{le=\"\(bound)\"} \(count)\n".utf8
        }
        text += "meelio_sync_request_duration_seconds_sum \(total.seconds)\n".utf8
        text += "meelio_sync_request_duration_seconds_count \(total.durations[Counters.bounds.count])\n".utf8
    }
}
