import JSON
package import SyncKit

/// The simulation's devices against a server that somebody else runs and kills: over the wire, and against the real clock.
package struct Fleet {
    /// Sends a body to bulk; nil if no answer came.
    package typealias Network = (_ user: String, _ body: String) -> (status: Int, body: [UInt8])?

    /// What did not come out as it must.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static let users = ["u0", "u1"]

    private var chance: Chance
    private var devices: [Device] = []
    private var maker: EditMaker
    private let parser = JSONParser()
    private let now: () -> Int64
    /// The records of which a create was acknowledged and that nobody wanted to delete, by user.
    private var acknowledged: [String: Set<RecordKey>] = [:]
    private var unsure: [String: Set<RecordKey>] = [:]
    package private(set) var answers = 0

    /// - Parameter now: the time in milliseconds since 1970.
    package init(seed: UInt64, handlers: [any EntityHandler], now: @escaping () -> Int64) throws {
        chance = Chance(seed: seed)
        maker = EditMaker(schemas: try Registry(handlers).schemas)
        self.now = now
        for user in Self.users {
            for (number, kind) in [Device.Kind.new, .new, .old].enumerated() {
                devices.append(Device(name: "\(user)-d\(number)", user: user, kind: kind))
            }
        }
    }

    /// Edits and syncs until an answer stays away.
    package mutating func work(over network: Network) throws {
        while true {
            let place = chance.number(0...devices.count - 1)
            for _ in 0..<chance.number(0...3) { edit(place) }
            guard try sync(place, limit: chance.pick([1, 2, 10, 100]), over: network) else { return }
        }
    }

    private mutating func edit(_ place: Int) {
        guard let edit = maker.edit(of: devices[place], now: now(), &chance) else { return }
        devices[place].queue.append(edit)
        if edit.kind == .delete, let key = edit.key { unsure[devices[place].user, default: []].insert(key) }
    }

    /// False if no answer came: the device does not know what became of its edits, and sends them again.
    private mutating func sync(_ place: Int, limit: Int, over network: Network) throws -> Bool {
        let call = devices[place].sync(pushing: 100, limit: limit)
        guard let raw = network(call.user, call.body), raw.status != 502 else { return false }
        let answer = Answer(status: raw.status, body: try parser.parse(raw.body, Value.init))
        guard answer.status == 200 else { throw Failure(description: "\(call.body) was answered with \(answer.status): \(answer.body)") }
        answers += 1
        noteCreates(answer, call)
        devices[place].take(answer, to: call)
        return true
    }

    private mutating func noteCreates(_ answer: Answer, _ call: Call) {
        for result in answer.body["results"].elements where result["status"].string == "applied" {
            let index = Int(result["index"].integer ?? -1)
            guard call.edits.indices.contains(index), call.edits[index].kind == .create, let id = result["id"].string else { continue }
            acknowledged[call.user, default: []].insert(RecordKey(entity: call.edits[index].entity, id: id))
        }
    }

    /// Lets every device send and fetch what there is, while nothing fails any more.
    ///
    /// - Throws: ``Failure`` if the devices of a user differ afterwards, if one does not come to an end, or if an
    ///   acknowledged record is gone.
    package mutating func settle(over network: Network) throws {
        for _ in 0..<2 {
            for place in devices.indices { try drain(place, over: network) }
        }
        for user in Self.users {
            let own = devices.filter { $0.user == user }
            guard let first = own.first else { continue }
            for device in own where device.copies.mapValues(\.content) != first.copies.mapValues(\.content) {
                let differing = Set(device.copies.keys).union(first.copies.keys).filter {
                    device.copies[$0]?.content != first.copies[$0]?.content
                }
                throw Failure(description: "\(device.name) and \(first.name) differ in \(differing.sorted()).")
            }
            let lost = (acknowledged[user] ?? []).subtracting(unsure[user] ?? []).subtracting(first.copies.keys)
            guard lost.isEmpty else { throw Failure(description: "\(user) has lost \(lost.sorted()).") }
        }
    }

    private mutating func drain(_ place: Int, over network: Network) throws {
        for _ in 0..<1000 {
            let before = devices[place].position
            guard try sync(place, limit: 10, over: network) else { throw Failure(description: "No answer came.") }
            let isIdle = devices[place].isNew ? !devices[place].hasMore : devices[place].position == before
            if isIdle && devices[place].queue.isEmpty { return }
        }
        throw Failure(description: "\(devices[place].name) does not come to an end.")
    }
}
