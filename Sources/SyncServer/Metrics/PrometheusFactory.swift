// The way from swift-metrics to Prometheus. Each instrument has memory of its own, also if there is another one of the same name
// and labels: threads that make their own do not share a cache line, and the scrape adds up what they counted.

package import CoreMetrics
import Synchronization

/// Keeps what is measured and writes it in the text format of Prometheus
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
package final class PrometheusFactory: MetricsFactory {
    private typealias Series = [String: [any MetricCell]]

    private let cells = Mutex<[MetricFamily: Series]>([:])

    init() {}

    // MARK: - MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        keep(CounterCell(), label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? keep(histogram(label), label, dimensions) : keep(GaugeCell(), label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        keep(histogram(label), label, dimensions)
    }

    // What was counted stays, since a counter must never fall.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func histogram(_ label: String) -> HistogramCell {
        guard case .histogram(let bounds) = MetricFamily(rawValue: label)?.kind else { return HistogramCell(bounds: []) }
        return HistogramCell(bounds: bounds)
    }

    private func keep<Cell: MetricCell>(_ cell: Cell, _ label: String, _ dimensions: [(String, String)]) -> Cell {
        guard let family = MetricFamily(rawValue: label) else { return cell }
        let labels = dimensions.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        cells.withLock { $0[family, default: [:]][labels, default: []].append(cell) }
        return cell
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    // MARK: - The text

    func write(to text: inout [UInt8]) {
        let cells = cells.withLock { $0 }
        for family in MetricFamily.allCases {
            guard let series = cells[family] else { continue }
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.name)\n".utf8
            for (labels, parts) in series.sorted(by: { $0.key < $1.key }) {
                var total = MetricTotal()
                for part in parts { part.add(to: &total) }
                total.write(family, labels, to: &text)
            }
        }
    }
}

extension MetricFamily.Kind {
    fileprivate var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
