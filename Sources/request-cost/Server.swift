import Crypto
import Foundation
import HTTP
import Handlers
import Logging
import SyncEngine
import SyncKit
import SyncServer
import SyncStore
import SyncTesting

/// The installed handlers, a real SQLite file, and a clock that is moved by hand.
final class Server {
    private(set) var response = Response()
    private let path: String
    private let registry: Registry
    private let clock = TestClock()
    private let key = SigningKey(SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
    private let authenticator: Authenticator
    private var store: Store
    private var application: Application

    init(folder: String) throws {
        path = folder + "/cost.sqlite"
        registry = try Registry(installedHandlers)
        authenticator = Authenticator(keys: KeySet(key), now: clock.now)
        (store, application) = try Self.open(path, registry, authenticator, clock)
    }

    private static func open(
        _ path: String, _ registry: Registry, _ authenticator: Authenticator, _ clock: TestClock
    ) throws -> (Store, Application) {
        let store = try Store(path: path, registry: registry, now: clock.now())
        let engine = SyncEngine(registry: registry, store: store, now: clock.now)
        let application = Application(
            engine: engine, authenticator: authenticator, descriptions: try Descriptions(of: engine), metrics: Metrics(),
            logger: Logger(label: "request-cost"))
        return (store, application)
    }

    /// Empties the write-ahead log.
    func restart() throws {
        try store.close()
        (store, application) = try Self.open(path, registry, authenticator, clock)
    }

    func token(_ user: String) throws -> String { try key.token(subject: user, validFor: 86_400, now: clock.now()) }

    /// Puts the answer into ``response``.
    func answer(_ request: Request) {
        clock.advance(milliseconds: 1)
        application.respond(to: request, into: &response)?.wait(andWriteTo: &response)
    }

    /// - Throws: if the log has become so large that a thread of its own copies it, whenever that wakes up.
    func close() throws {
        let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
        guard log < 16 << 20 else { throw WrongRun("The log has \(log) bytes and is copied meanwhile. Count fewer requests.") }
        try store.close()
    }
}

/// Why what was counted means nothing, as a sentence.
struct WrongRun: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
