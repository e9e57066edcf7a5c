import CoreMetrics
import SyncEngine
import SyncStore
import Synchronization

/// One thread's instruments. Its lock is the thread's own but for answers that another thread writes after a commit.
final class Counters: Sendable {
    let tokens: TokenCounters
    private let factory: PrometheusFactory
    private let pageRecords: Recorder
    private let state = Mutex(State())

    private struct State {
        /// By the route's number; the last is for paths that are not there.
        var routes = [RouteCounters?](repeating: nil, count: Route.allCases.count + 1)
        var operations: [OperationKind: Counter] = [:]
        var conflicts: [ConflictKind: Counter] = [:]
        var resets: [String: Counter] = [:]
    }

    private struct OperationKind: Hashable {
        let entity: String
        let status: String
    }

    private struct ConflictKind: Hashable {
        let entity: String
        let kind: Conflict.Kind
    }

    init(_ factory: PrometheusFactory) {
        self.factory = factory
        tokens = TokenCounters(factory)
        pageRecords = Recorder(label: MetricFamily.pageRecords.name, factory: factory)
    }

    /// Counts a request that is answered.
    func count(_ route: Route?, status: Int, _ times: Call.Times, requestBytes: Int, responseBytes: Int) {
        state.withLock { state in
            let index = route?.number ?? Route.allCases.count
            if state.routes[index] == nil { state.routes[index] = RouteCounters(route, factory) }
            state.routes[index]?.count(status, times, requestBytes: requestBytes, responseBytes: responseBytes, factory)
        }
    }

    /// Counts the operations of a bulk by their entity and outcome.
    func count(_ results: [OperationResult]) {
        guard !results.isEmpty else { return }
        state.withLock { state in
            for result in results {
                let operation = OperationKind(entity: result.countedEntity, status: result.statusName)
                counter(.operations, [("entity", operation.entity), ("status", operation.status)], in: &state.operations[operation])
                guard let kind = result.conflict?.kind else { continue }
                let conflict = ConflictKind(entity: operation.entity, kind: kind)
                counter(.conflicts, [("entity", conflict.entity), ("type", kind.rawValue)], in: &state.conflicts[conflict])
            }
        }
    }

    func count(_ page: Page) {
        pageRecords.record(page.count)
        guard let reason = page.resetReason else { return }
        state.withLock { counter(.cursorResets, [("reason", reason)], in: &$0.resets[reason]) }
    }

    private func counter(_ family: MetricFamily, _ labels: @autoclosure () -> [(String, String)], in place: inout Counter?) {
        if let counter = place { return counter.increment() }
        let counter = Counter(label: family.name, dimensions: labels(), factory: factory)
        counter.increment()
        place = counter
    }
}

/// One thread's instruments for one route.
private struct RouteCounters {
    private let route: String
    private let duration: CoreMetrics.Timer
    private let waiting: CoreMetrics.Timer
    private let working: CoreMetrics.Timer
    private let requestBytes: Counter
    private let responseBytes: Counter
    /// A few, so that a search is faster than a hash.
    private var requests: [(status: Int, counter: Counter)] = []

    init(_ route: Route?, _ factory: PrometheusFactory) {
        self.route = route.map { "\($0)" } ?? "none"
        let labels = [("route", self.route)]
        duration = Timer(label: MetricFamily.requestDuration.name, dimensions: labels, factory: factory)
        waiting = Timer(label: MetricFamily.requestWaiting.name, dimensions: labels, factory: factory)
        working = Timer(label: MetricFamily.requestWorking.name, dimensions: labels, factory: factory)
        requestBytes = Counter(label: MetricFamily.requestBytes.name, dimensions: labels, factory: factory)
        responseBytes = Counter(label: MetricFamily.responseBytes.name, dimensions: labels, factory: factory)
    }

    mutating func count(_ status: Int, _ times: Call.Times, requestBytes: Int, responseBytes: Int, _ factory: PrometheusFactory) {
        duration.recordNanoseconds(times.working + (times.waiting ?? 0))
        working.recordNanoseconds(times.working)
        if let time = times.waiting { waiting.recordNanoseconds(time) }
        if requestBytes > 0 { self.requestBytes.increment(by: requestBytes) }
        self.responseBytes.increment(by: responseBytes)
        if let found = requests.first(where: { $0.status == status }) { return found.counter.increment() }
        let counter = Counter(
            label: MetricFamily.requests.name, dimensions: [("route", route), ("status", "\(status)")], factory: factory)
        counter.increment()
        requests.append((status, counter))
    }
}

extension OperationResult {
    /// A client must not make up labels without end.
    fileprivate var countedEntity: String { conflict?.kind == .unknownEntity ? "unknown" : operation.entity }

    /// `applied`, …, `conflict` or `rejected`
    var statusName: String {
        switch outcome {
        case .accepted(let acceptance): acceptance.status.name.description
        case .conflict: "conflict"
        case .rejected: "rejected"
        }
    }
}
