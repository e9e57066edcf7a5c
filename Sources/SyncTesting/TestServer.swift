// The whole server but for its socket: real handlers, a real SQLite file in a folder of its own, the real Application.
// Tests talk to it in requests and answers, as clients do.

import Crypto
import Foundation
package import HTTP
import HTTPTypes
import Logging
package import SyncEngine
package import SyncKit
import SyncServer
package import SyncStore
import Synchronization

/// A server in this process, for one test.
package final class TestServer {
    package let clock = TestClock()
    /// The database's file.
    package let path: String
    package private(set) var store: Store
    package private(set) var engine: SyncEngine

    private var registry: Registry
    private let limits: Limits
    private let metrics = Metrics()
    private let key = SigningKey(SymmetricKey(size: .bits256))
    private let folder: TemporaryFolder
    private var application: Application
    private var response = Response()

    package init(_ handlers: [any EntityHandler], limits: Limits = Limits()) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/test.sqlite"
        registry = try Registry(handlers)
        self.limits = limits
        let options = Store.Options(instruments: metrics.storeInstruments)
        store = try Store(path: path, registry: registry, options: options, now: clock.now())
        engine = SyncEngine(registry: registry, store: store, limits: limits, now: clock.now)
        application = try Self.application(engine, key, clock, metrics)
    }

    private static func application(
        _ engine: SyncEngine, _ key: SigningKey, _ clock: TestClock, _ metrics: Metrics
    ) throws -> Application {
        metrics.watch(engine.store)
        return Application(
            engine: engine, authenticator: Authenticator(keys: KeySet(key), now: clock.now), descriptions: try Descriptions(of: engine),
            metrics: metrics,
            logger: Logger(label: "test"))
    }

    /// Closes the database and opens it again, as a restart does, with other handlers if there are any.
    package func restart(with handlers: [any EntityHandler]? = nil) throws {
        try store.close()
        if let handlers { registry = try Registry(handlers) }
        try reopen()
    }

    /// Opens the database's file as it is now, without having closed it: what a crash leaves.
    package func reopen() throws {
        store = try Store(
            path: path, registry: registry, options: Store.Options(instruments: metrics.storeInstruments), now: clock.now())
        engine = SyncEngine(registry: registry, store: store, limits: limits, now: clock.now)
        application = try Self.application(engine, key, clock, metrics)
    }

    // MARK: - Requests

    package func token(_ user: String, plan: String? = nil, validFor seconds: Double = 3600) throws -> String {
        try key.token(subject: user, plan: plan, validFor: seconds, now: clock.now())
    }

    package func send(_ request: Request) throws -> Reply {
        application.respond(to: request, into: &response)?.wait(andWriteTo: &response)
        return try Reply(
            status: response.status.code, fields: response.fields, body: response.body, isJSON: response.status != .notModified)
    }

    /// The body of an answer that is no JSON.
    package func text(of request: Request) throws -> String {
        application.respond(to: request, into: &response)?.wait(andWriteTo: &response)
        return String(decoding: response.body, as: UTF8.self)
    }

    package func get(_ target: String, as user: String = "alice") throws -> Reply {
        let parts = target.split(separator: "?", maxSplits: 1)
        let fields: HTTPFields = [.authorization: "Bearer \(try token(user))"]
        return try send(Request(method: .get, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", fields: fields))
    }

    /// Posts a body as it is, to the bulk endpoint if no other is named.
    package func post(_ body: String, to path: String = "/api/v1/sync/bulk", as user: String = "alice") throws -> Reply {
        try send(
            Request(
                method: .post, path: path,
                fields: [.authorization: "Bearer \(try token(user))", .contentType: "application/json"],
                body: .complete(Array(body.utf8))))
    }

    /// Posts operations with further members of the request: `bulk([.create("tasks", …)], #""limit":1"#)`.
    package func bulk(_ operations: [TestOperation], _ members: String..., as user: String = "alice") throws -> Reply {
        let list = "\"operations\":[\(operations.map(\.json).joined(separator: ","))]"
        return try post("{\(([list] + members).joined(separator: ","))}", as: user)
    }
}

/// A clock that stands still until it is moved.
package final class TestClock: Sendable {
    private let time = Mutex(Int64(1_795_000_000_000))

    package init() {}

    package var now: @Sendable () -> Timestamp {
        { Timestamp(milliseconds: self.time.withLock { $0 }) }
    }

    package func advance(milliseconds: Int64) {
        time.withLock { $0 += milliseconds }
    }
}

/// A folder that goes with its owner.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "meelio-sync-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
