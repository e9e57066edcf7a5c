import Foundation
import SyncEngine
import SyncKit
import SyncServer
import SyncStore

/// Some of the handlers, and the file of an empty database for them. A history lives in one realm: to open a database with
/// all handlers takes longer than what most histories do with it.
struct Realm: Sendable {
    let registry: Registry
    let descriptions: Descriptions
    let emptyDatabase: Data

    init(_ handlers: [any EntityHandler], folder: String) throws {
        let registry = try Registry(handlers)
        self.registry = registry
        let path = folder + "/simulation-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm", "-highwater"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store(path: path, registry: registry, now: World.start)
        descriptions = try Descriptions(of: SyncEngine(registry: registry, store: store) { World.start })
        try store.close()
        emptyDatabase = try Data(contentsOf: URL(filePath: path))
    }

    var schemas: [Schema] { registry.schemas }

    /// The names of those of the simulation's own entities that are here and allow any number of records.
    var plainEntities: [String] {
        schemas.filter { schema in
            schema.handler.uniqueRules.isEmpty && SimulatedHandlers.own.contains { $0.entity == schema.entity }
        }.map(\.entity.name)
    }
}
