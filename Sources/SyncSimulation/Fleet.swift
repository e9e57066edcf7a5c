import Dispatch
package import SyncKit
import Synchronization

/// The simulation's devices against a server that somebody else runs and kills: over the wire, against the real clock, and all
/// at the same time.
package final class Fleet: Sendable {
    /// Sends a body to bulk; nil if no answer came.
    package typealias Network = @Sendable (_ user: String, _ body: String) -> (status: Int, body: [UInt8])?

    /// What did not come out as it must.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static let users = ["u0", "u1"]

    private let devices: [FleetDevice]
    /// The entities of which an old device keeps records that were merged into others: nothing tells it.
    private let caches: Set<String>

    /// - Parameter now: the time in milliseconds since 1970.
    package init(seed: UInt64, handlers: [any EntityHandler], now: @escaping @Sendable () -> Int64) throws {
        let schemas = try Registry(handlers).schemas
        caches = Set(schemas.filter(\.handler.isCache).map(\.entity.name))
        let kinds = [Device.Kind.new, .newWithoutBases, .old]
        devices = Self.users.enumerated().flatMap { place, user in
            kinds.enumerated().map { number, kind in
                let device = Device(name: "\(user)-d\(number)", user: user, kind: kind)
                return FleetDevice(device, seed: seed * 100 + UInt64(place * 10 + number), schemas, now)
            }
        }
    }

    package var answers: Int { devices.reduce(0) { $0 + $1.answers } }

    /// Lets every device edit and sync, each for itself, until an answer stays away.
    package func work(over network: Network) throws {
        let failures = Mutex<[any Error]>([])
        DispatchQueue.concurrentPerform(iterations: devices.count) { place in
            do { try devices[place].work(over: network) } catch { failures.withLock { $0.append(error) } }
        }
        if let failure = failures.withLock(\.first) { throw failure }
    }

    /// Lets every device send and fetch what there is, while nothing fails any more.
    ///
    /// - Throws: ``Failure`` if the devices of a user differ afterwards, if one does not come to an end, or if an
    ///   acknowledged record is gone.
    package func settle(over network: Network) throws {
        for _ in 0..<2 {
            for device in devices { try device.drain(over: network) }
        }
        for user in Self.users {
            let own = devices.map(\.end).filter { $0.device.user == user }
            guard let first = own.first?.device else { continue }
            for device in own.map(\.device) {
                let keys = Set(device.copies.keys).union(first.copies.keys).filter { device.isNew || !caches.contains($0.entity) }
                let differing = keys.filter { device.copies[$0]?.content != first.copies[$0]?.content }.sorted()
                guard differing.isEmpty else { throw Failure(description: "\(device.name) and \(first.name) differ in \(differing).") }
            }
            let acknowledged = own.reduce(into: Set<RecordKey>()) { $0.formUnion($1.created) }
            let lost = own.reduce(acknowledged.subtracting(first.copies.keys)) { $0.subtracting($1.doomed) }
            guard lost.isEmpty else { throw Failure(description: "\(user) has lost \(lost.sorted()).") }
        }
    }
}
