import Crypto
import Foundation
import SyncEngine
import SyncKit
import SyncServer
import SyncStore
import SyncTesting

/// What all histories share, made once: the handlers, a key for tokens, and the file of an empty database to copy.
package final class World: Sendable {
    /// Where the databases of the histories lie.
    let folder: String
    let registry: Registry
    let descriptions: Descriptions
    let emptyDatabase: Data
    private let key = SigningKey(SymmetricKey(size: .bits256))
    private let tokens: [String: String]
    let expiredToken: String

    static let users = ["u0", "u1", "u2", "law1", "law2"]
    /// The clock's first moment.
    static let start = Timestamp(milliseconds: 1_795_000_000_000)

    /// - Parameter folder: where the databases are put; the system's temporary folder by default.
    package convenience init(folder: String = NSTemporaryDirectory()) throws { try self.init(folder: folder, SimulatedHandlers.all) }

    init(folder: String, _ handlers: [any EntityHandler]) throws {
        self.folder = folder
        let registry = try Registry(handlers)
        self.registry = registry
        let path = folder + "/simulation-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm", "-highwater"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store(path: path, registry: registry, now: Self.start)
        descriptions = try Descriptions(of: SyncEngine(registry: registry, store: store) { Self.start })
        try store.close()
        emptyDatabase = try Data(contentsOf: URL(filePath: path))
        let key = key
        tokens = Dictionary(uniqueKeysWithValues: try Self.users.map { ($0, try key.token(subject: $0, plan: nil, validFor: 1e9, now: Self.start)) })
        expiredToken = try key.token(subject: "u0", plan: nil, validFor: 1, now: Timestamp(milliseconds: 1_000_000))
    }

    func token(_ user: String) -> String { tokens[user] ?? "" }

    func authenticator(_ clock: TestClock) -> Authenticator { Authenticator(key: key, cacheSize: 16, now: clock.now) }
}
