// The real server but for its socket, on a real SQLite file, with what can befall it: a clock that jumps, a kill in the
// middle of a commit, a purge, and the restore of an older backup.

import Dispatch
import Foundation
import HTTP
import HTTPTypes
import JSON
import Logging
import SyncEngine
import SyncKit
import SyncServer
import SyncStore
import SyncTesting

final class SimulatedServer {
    private let clock = TestClock()
    private let world: World
    private let realm: Realm
    private let authenticator: Authenticator
    let limits: Limits
    private let folder: String
    private let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
    private let parser = JSONParser()
    private var path: String
    private var generation = 0
    private var store: Store
    private var application: Application
    /// The entities whose handler is away.
    private var away: Set<String> = []
    private var response = Response()

    init(_ world: World, _ realm: Realm, limits: Limits) throws {
        self.world = world
        self.realm = realm
        authenticator = world.authenticator(clock)
        self.limits = limits
        folder = world.folder + "/meelio-sync-simulation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/0.sqlite"
        try realm.emptyDatabase.write(to: URL(filePath: path))
        (store, application) = try Self.open(path, realm, limits, authenticator, clock, logger)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func open(
        _ path: String, _ realm: Realm, _ limits: Limits, _ authenticator: Authenticator, _ clock: TestClock, _ logger: Logger,
        without away: Set<String> = []
    ) throws -> (Store, Application) {
        let registry =
            away.isEmpty
            ? realm.registry : try Registry(realm.schemas.filter { !away.contains($0.entity.name) }.map(\.handler))
        let store = try Store(path: path, registry: registry, now: clock.now())
        let engine = SyncEngine(registry: registry, store: store, limits: limits, now: clock.now)
        let application = Application(
            engine: engine, authenticator: authenticator, descriptions: realm.descriptions, metrics: Metrics(), logger: logger)
        return (store, application)
    }

    private func reopen() throws { (store, application) = try Self.open(path, realm, limits, authenticator, clock, logger, without: away) }

    func isAway(_ entity: String) -> Bool { away.contains(entity) }

    var isComplete: Bool { away.isEmpty }

    /// Starts the server again, without some of the handlers.
    func restart(without entities: Set<String>) throws {
        try store.close()
        away = entities
        try reopen()
    }

    // MARK: - The clock

    /// By the server's clock, in milliseconds since 1970.
    var now: Int64 { clock.now().milliseconds }

    /// Moves the clock; backwards by a negative number.
    func wait(milliseconds: Int64) { clock.advance(milliseconds: milliseconds) }

    // MARK: - Requests

    func answer(_ call: Call) throws -> Answer {
        application.respond(to: call.request(world), into: &response)?.wait(andWriteTo: &response)
        guard !response.body.isEmpty else { return Answer(status: response.status.code, body: .null) }
        return Answer(status: response.status.code, body: try parser.parse(response.body, Value.init))
    }

    /// Two calls that share a commit.
    func answers(_ first: Call, _ second: Call) throws -> [Answer] {
        let calls = [first, second]
        var responses = [Response(), Response()]
        let pending = calls.indices.map { application.respond(to: calls[$0].request(world), into: &responses[$0]) }
        // Both are durable before either page is read, so that a history does not depend on the threads' speed.
        let ready = DispatchSemaphore(value: 0)
        for write in pending.compactMap(\.self) { write.whenReady { ready.signal() } }
        for _ in pending.compactMap(\.self) { ready.wait() }
        return try calls.indices.map { place in
            pending[place]?.write(to: &responses[place])
            let body = responses[place].body
            return Answer(status: responses[place].status.code, body: body.isEmpty ? .null : try parser.parse(body, Value.init))
        }
    }

    // MARK: - Faults

    func restart() throws {
        try store.close()
        try reopen()
    }

    /// Kills the server while it writes to the disk what the call has changed, so that a part of that, from 0 to 1, is there,
    /// and starts it again on what is left. Nobody gets the answer.
    ///
    /// A page that is cut is noted in a commit of its own, behind that of the operations: then it is all or nothing, since
    /// nobody could say where the one ends.
    func crash(during call: Call, written wish: Double) throws -> (answer: Answer, written: Double) {
        let before = size(path + "-wal")
        let answer = try self.answer(call)
        let part = wish < 1 && answer.body["hasMore"].isTrue ? 0 : wish
        let kept = before + Int(Double(size(path + "-wal") - before) * part)
        generation += 1
        let image = folder + "/\(generation).sqlite"
        try copy(path, to: image)
        try copy(path + "-wal", to: image + "-wal", bytes: kept)
        try copy(path + "-highwater", to: image + "-highwater")
        try store.close()
        for suffix in ["", "-wal", "-shm", "-highwater"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        path = image
        try reopen()
        // What is left of a torn commit would be written over by the next one, and could not be measured as that.
        if part < 1 { try restart() }
        return (answer, part)
    }

    func purge(before limit: Int64) throws { try store.purge(before: Timestamp(milliseconds: limit)) }

    func backUp(as name: String) throws { try Store.backUp(database: path, to: folder + "/" + name) }

    func restore(_ name: String) throws {
        try store.close()
        try Store.restore(backup: folder + "/" + name, to: path)
        try reopen()
    }

    private func size(_ file: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
    }

    private func copy(_ file: String, to image: String, bytes: Int? = nil) throws {
        guard let data = FileManager.default.contents(atPath: file) else { return }
        try data.prefix(bytes ?? data.count).write(to: URL(filePath: image))
    }
}

struct Answer {
    var status: Int
    var body: Value
}
