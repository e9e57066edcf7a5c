import Foundation
import SyncTesting
import Synchronization

/// Devices that create, edit and delete records, and send a request again until it is answered, as clients do. They know
/// exactly what has to be stored in the end.
final class Writers: Sendable {
    /// What an acknowledged operation has left of a record; nil for a deleted one.
    struct Record: Equatable {
        let title: String
        let version: Int
    }

    struct Count: CustomStringConvertible {
        var requests = 0
        /// Those that came without an answer of 200, and were sent again.
        var repeated = 0
        var operations = 0
        /// Operations that the server knew already when they came again.
        var known = 0
        /// By status, of the answers that were not 200; 0 stands for none at all.
        var statuses: [Int: Int] = [:]
        /// Acknowledgements that are not what they had to be.
        var wrong: [String] = []

        var description: String {
            "\(operations) operations acknowledged in \(requests) requests; \(repeated) requests sent again, \(known) operations known then"
        }
    }

    private enum Phase { case working, ending, abandoned }

    private struct State {
        var phase = Phase.working
        var count = Count()
        var records: [String: Record?] = [:]
    }

    private let client: LiveClient
    private let devices: Int
    private let padding: String
    private let state = Mutex(State())

    /// - Parameter bytes: how large each record is besides.
    init(_ client: LiveClient, devices: Int = 8, padding bytes: Int = 0) {
        self.client = client
        self.devices = devices
        padding = bytes == 0 ? "" : ",\"description\":\"\(String(repeating: "x", count: bytes))\""
    }

    var count: Count { state.withLock { $0.count } }
    var records: [String: Record?] { state.withLock { $0.records } }

    /// Lets them work while `body` runs, and until every request has its answer then. If it throws they stop at once.
    func work(while body: () async throws -> Void) async throws {
        async let work: Void = workUntilTheEnd()
        do {
            try await body()
        } catch {
            state.withLock { $0.phase = .abandoned }
            await work
            throw error
        }
        state.withLock { $0.phase = .ending }
        await work
    }

    private func workUntilTheEnd() async {
        await withTaskGroup(of: Void.self) { group in
            for device in 0..<devices { group.addTask { await self.work(as: device) } }
        }
    }

    private var phase: Phase { state.withLock { $0.phase } }

    private func work(as device: Int) async {
        var round = 0
        while phase == .working {
            let steps = self.steps(device, round)
            for part in [Array(steps[..<1]), Array(steps[1...])] { await acknowledge(part, device) }
            round += 1
        }
    }

    private struct Step {
        let operation: String
        let id: String
        let title: String
    }

    /// A new record that is edited twice, and every third one deleted again.
    private func steps(_ device: Int, _ round: Int) -> [Step] {
        let id = "d\(device)-\(round)"
        let steps = ["create", "update", "update"].enumerated().map { Step(operation: $1, id: id, title: "\(id) \($0)") }
        return round % 3 == 0 ? steps + [Step(operation: "delete", id: id, title: "")] : steps
    }

    private func acknowledge(_ steps: [Step], _ device: Int) async {
        let operations = steps.map { step in
            let data = step.operation == "delete" ? "\"id\":\"\(step.id)\"" : "\"id\":\"\(step.id)\",\"title\":\"\(step.title)\"\(padding)"
            return TestOperation(
                step.operation, "tasks", data, by: "d\(device)", ["\"opId\":\"\(step.id) \(step.operation) \(step.title)\""])
        }
        while phase != .abandoned {
            // Without a page: a position beyond all versions.
            let reply = try? await client.bulk(operations, "\"lastSyncTimestamp\":4102444800000", "\"limit\":1")
            if let reply, reply.status == 200 { return note(reply, steps) }
            state.withLock { state in
                state.count.repeated += 1
                state.count.statuses[reply?.status ?? 0, default: 0] += 1
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func note(_ reply: Reply, _ steps: [Step]) {
        state.withLock { state in
            state.count.requests += 1
            state.count.operations += steps.count
            for (index, step) in steps.enumerated() {
                let result = reply["results"][index]
                guard result["status"].string == "applied", let version = result["version"].integer else {
                    state.count.wrong.append("\(step): \(reply.text.prefix(500))")
                    continue
                }
                if result["duplicate"].boolean == true { state.count.known += 1 }
                state.records[step.id] = step.operation == "delete" ? .some(nil) : Record(title: step.title, version: version)
            }
        }
    }
}
