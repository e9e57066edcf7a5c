import JSON
import SyncKit
import Synchronization

/// A device of a ``Fleet``, used by one thread at a time.
final class FleetDevice: Sendable {
    struct State {
        var device: Device
        var chance: Chance
        var maker: EditMaker
        /// The records of which a create of its own was acknowledged.
        var created: Set<RecordKey> = []
        /// Those that it has wanted to delete, whether it could or not.
        var doomed: Set<RecordKey> = []
        var answers = 0
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Int64

    init(_ device: Device, seed: UInt64, _ schemas: [Schema], _ now: @escaping @Sendable () -> Int64) {
        state = Mutex(State(device: device, chance: Chance(seed: seed), maker: EditMaker(schemas: schemas)))
        self.now = now
    }

    var answers: Int { state.withLock(\.answers) }

    /// Where it has come to.
    var end: State { state.withLock { $0 } }

    /// Edits and syncs until an answer stays away.
    func work(over network: Fleet.Network) throws {
        var isAnswered = true
        while isAnswered {
            isAnswered = try state.withLock { state in
                for _ in 0..<state.chance.number(0...3) { state.edit(at: now()) }
                return try state.sync(limit: state.chance.pick([1, 2, 10, 100]), over: network)
            }
        }
    }

    /// Sends and fetches until there is nothing left.
    func drain(over network: Fleet.Network) throws {
        try state.withLock { state in
            for _ in 0..<1000 {
                let before = state.device.position
                guard try state.sync(limit: 10, over: network) else { throw Fleet.Failure(description: "No answer came.") }
                let isIdle = state.device.isNew ? !state.device.hasMore : state.device.position == before
                if isIdle && state.device.queue.isEmpty { return }
            }
            throw Fleet.Failure(description: "\(state.device.name) does not come to an end.")
        }
    }
}

extension FleetDevice.State {
    fileprivate mutating func edit(at now: Int64) {
        guard let edit = maker.edit(of: device, now: now, &chance) else { return }
        device.queue.append(edit)
        if edit.kind == .delete, let key = edit.key { doomed.insert(key) }
    }

    /// False if no answer came: the device does not know what became of its edits, and sends them again.
    fileprivate mutating func sync(limit: Int, over network: Fleet.Network) throws -> Bool {
        let call = device.sync(pushing: 100, limit: limit)
        guard let raw = network(call.user, call.body), raw.status != 502 else { return false }
        let answer = Answer(status: raw.status, body: try JSONParser().parse(raw.body, Value.init))
        guard answer.status == 200 else {
            throw Fleet.Failure(description: "\(call.body) was answered with \(answer.status): \(answer.body)")
        }
        answers += 1
        noteCreates(answer, call)
        device.take(answer, to: call)
        return true
    }

    private mutating func noteCreates(_ answer: Answer, _ call: Call) {
        for result in answer.body["results"].elements where result["status"].string == "applied" {
            let index = Int(result["index"].integer ?? -1)
            guard call.edits.indices.contains(index), call.edits[index].kind == .create, let id = result["id"].string else { continue }
            created.insert(RecordKey(entity: call.edits[index].entity, id: id))
        }
    }
}
