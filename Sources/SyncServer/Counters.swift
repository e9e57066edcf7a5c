import SyncEngine
import SyncStore
import Synchronization

/// One thread's part of the ``Metrics``.
final class Counters: Sendable {
    /// The upper bounds of the durations that are counted, in seconds.
    static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

    struct RequestKind: Hashable {
        /// Nil for a path that is not there.
        let route: Route?
        let status: Int

        var labels: String { "route=\"\(route.map { "\($0)" } ?? "none")\",status=\"\(status)\"" }
    }

    struct OperationKind: Hashable {
        let entity: String
        /// Nil for a conflict, or a rejection if it is that.
        let status: KeptOutcome.Status?
        let isRejected: Bool

        init(_ result: OperationResult) {
            // A client must not make up labels without end.
            entity = result.conflict?.kind == .unknownEntity ? "unknown" : result.operation.entity
            switch result.outcome {
            case .accepted(let acceptance): (status, isRejected) = (acceptance.status, false)
            case .conflict: (status, isRejected) = (nil, false)
            case .rejected: (status, isRejected) = (nil, true)
            }
        }

        var labels: String { "entity=\"\(entity)\",status=\"\(status.map { "\($0)" } ?? (isRejected ? "rejected" : "conflict"))\"" }
    }

    struct Counts {
        var requests: [RequestKind: Int] = [:]
        var operations: [OperationKind: Int] = [:]
        var seconds = 0.0
        /// Requests per bound, each that fits it; the last is for all.
        var durations = [Int](repeating: 0, count: bounds.count + 1)

        mutating func add(_ other: Counts) {
            requests.merge(other.requests, uniquingKeysWith: +)
            operations.merge(other.operations, uniquingKeysWith: +)
            seconds += other.seconds
            for index in durations.indices { durations[index] += other.durations[index] }
        }
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func count(route: Route?, status: Int, seconds: Double) {
        state.withLock { counts in
            counts.requests[RequestKind(route: route, status: status), default: 0] += 1
            counts.seconds += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { counts.durations[index] += 1 }
            counts.durations[Self.bounds.count] += 1
        }
    }

    /// Counts the operations of a bulk by their entity and outcome.
    func count(_ results: [OperationResult]) {
        guard !results.isEmpty else { return }
        state.withLock { counts in
            for result in results { counts.operations[OperationKind(result), default: 0] += 1 }
        }
    }
}
