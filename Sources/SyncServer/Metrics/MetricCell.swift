import CoreMetrics
import Synchronization

/// The memory of one instrument.
protocol MetricCell: AnyObject, Sendable {
    func add(to total: inout MetricTotal)
}

/// What all instruments of one name and the same labels have counted.
struct MetricTotal {
    var value = 0.0
    /// Of a histogram: how many values fell into each bucket, the last being for those above all bounds.
    var buckets: [Int] = []

    func write(_ family: MetricFamily, _ labels: String, to text: inout [UInt8]) {
        let inBraces = labels.isEmpty ? "" : "{\(labels)}"
        guard case .histogram(let bounds) = family.kind else {
            text += "\(family.name)\(inBraces) \(Self.number(value))\n".utf8
            return
        }
        var count = 0
        for (bound, bucket) in zip(bounds.map { "\($0)" } + ["+Inf"], buckets) {
            count += bucket
            text += "\(family.name)_bucket{\(labels)\(labels.isEmpty ? "" : ",")le=\"\(bound)\"} \(count)\n".utf8
        }
        text += "\(family.name)_sum\(inBraces) \(Self.number(value))\n".utf8
        text += "\(family.name)_count\(inBraces) \(count)\n".utf8
    }

    private static func number(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
}

final class CounterCell: CounterHandler, MetricCell {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
    func add(to total: inout MetricTotal) { total.value += Double(count.load(ordering: .relaxed)) }
}

final class GaugeCell: RecorderHandler, MetricCell {
    private let value = Mutex(0.0)

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { self.value.withLock { $0 = value } }
    func add(to total: inout MetricTotal) { total.value += value.withLock { $0 } }
}

final class HistogramCell: RecorderHandler, TimerHandler, MetricCell {
    private struct State {
        var sum = 0.0
        var buckets: [Int]
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(buckets: [Int](repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        var bucket = 0
        while bucket < bounds.count && value > bounds[bucket] { bucket += 1 }
        state.withLock { state in
            state.sum += value
            state.buckets[bucket] += 1
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func add(to total: inout MetricTotal) {
        let state = state.withLock { $0 }
        total.value += state.sum
        if total.buckets.isEmpty {
            total.buckets = state.buckets
        } else {
            for (index, count) in state.buckets.enumerated() { total.buckets[index] += count }
        }
    }
}
