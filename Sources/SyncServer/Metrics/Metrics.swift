import CoreMetrics
package import SyncStore
import Synchronization

/// What the server has done since it started and how it is, for GET /metrics.
package final class Metrics: Sendable {
    private struct Reading {
        let gauge: Gauge
        let read: @Sendable () -> Double
    }

    private let factory = PrometheusFactory()
    private let readings = Mutex<[MetricFamily: Reading]>([:])
    /// What a store is to be opened with.
    package let storeInstruments: StoreInstruments

    package init() {
        storeInstruments = StoreInstruments(
            commitBatch: Recorder(label: MetricFamily.commitBatch.name, factory: factory),
            commit: Timer(label: MetricFamily.commit.name, factory: factory),
            checkpoint: Timer(label: MetricFamily.checkpoint.name, factory: factory))
    }

    /// Has `read` asked at every scrape, in the place of another one before.
    package func watch(_ family: MetricFamily, labels: [(String, String)] = [], _ read: @escaping @Sendable () -> Double) {
        readings.withLock { readings in
            let gauge = readings[family]?.gauge ?? Gauge(label: family.name, dimensions: labels, factory: factory)
            readings[family] = Reading(gauge: gauge, read: read)
        }
    }

    package func watch(_ store: Store) {
        watch(.waitingWrites) { [weak store] in Double(store?.waitingWrites ?? 0) }
        watch(.logBytes) { [weak store] in Double(store?.logBytes ?? 0) }
        watch(.databaseBytes) { [weak store] in Double(store?.databaseBytes ?? 0) }
    }

    /// The process itself, under the names that all of Prometheus' libraries have for it
    /// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
    package func watchProcess() {
        watch(.startTime) { ProcessStatus.startTime }
        watch(.cpuTime) { ProcessStatus.cpuSeconds }
        watch(.residentMemory) { ProcessStatus.memory(field: 1) }
        watch(.virtualMemory) { ProcessStatus.memory(field: 0) }
        watch(.openFiles) { ProcessStatus.openFiles }
        watch(.maxFiles) { ProcessStatus.maxFiles }
    }

    /// Notices that went out, and those that did not.
    var noticeCounters: (sent: Counter, lost: Counter) {
        func counter(_ outcome: String) -> Counter {
            Counter(label: MetricFamily.notices.name, dimensions: [("outcome", outcome)], factory: factory)
        }
        return (counter("sent"), counter("lost"))
    }

    /// Counters for one more thread.
    func makeCounters() -> Counters { Counters(factory) }

    /// Appends the text format of Prometheus.
    func write(to text: inout [UInt8]) {
        for reading in readings.withLock({ $0.values.map { $0 } }) { reading.gauge.record(reading.read()) }
        factory.write(to: &text)
    }
}
