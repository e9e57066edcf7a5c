import SyncTesting
import Synchronization

/// Devices that create tasks, and try again when there is no good answer, until they are stopped.
final class Load: Sendable {
    private let ids = Mutex<Set<String>>([])
    private let refusals = Mutex<[String]>([])
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let isStopped = Atomic(false)

    init(of client: LiveClient, devices: Int = 8) {
        task.withLock { task in
            task = Task { [self] in
                await withTaskGroup(of: Void.self) { group in
                    for device in 0..<devices { group.addTask { await self.run("d\(device)", client) } }
                }
            }
        }
    }

    /// The ids of the records that the server has said it has.
    var acknowledged: Set<String> { ids.withLock { $0 } }

    /// What came in the place of a good answer.
    var failures: [String] { refusals.withLock { $0 } }

    /// Waits until all requests that are under way are answered.
    func stop() async {
        // Not by a cancellation, on which Foundation's URLSession can wait for itself for ever.
        isStopped.store(true, ordering: .relaxed)
        await task.withLock { $0 }?.value
    }

    private func run(_ device: String, _ client: LiveClient) async {
        for number in 0..<100_000 where !isStopped.load(ordering: .relaxed) {
            let id = "\(device)-\(number)"
            do {
                let reply = try await client.bulk(
                    [.create("tasks", #""id":"\#(id)","title":"A""#, by: device)], "\"lastSyncTimestamp\":4102444800000")
                guard reply.status == 200, reply["success"].boolean == true else { throw Failure("\(id): \(reply.status) \(reply)") }
                ids.withLock { _ = $0.insert(id) }
            } catch {
                refusals.withLock { $0.append("\(error)") }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
