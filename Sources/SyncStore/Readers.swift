// Not GRDB's pool of readers: it hands its connections out through one queue with barriers, on which sixteen threads that
// read for some microseconds each do little but wait for each other.

import GRDB
import Synchronization

/// Read-only connections to the database, one for each thread that has ever read.
final class Readers: Sendable {
    private let path: String
    private let configuration: Configuration
    private let connections = Mutex<[DatabaseQueue]>([])
    private let own: ThreadLocal<DatabaseQueue>

    /// - Throws: ``StoreError/unusable(_:)`` if the system has no thread-local storage left.
    init(path: String, configuration: Configuration) throws {
        self.path = path
        own = try ThreadLocal()
        var configuration = configuration
        configuration.readonly = true
        self.configuration = configuration
    }

    /// Reads in one transaction: the database as of one moment, whatever is written meanwhile.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try (own.object ?? open()).unsafeRead { db in
            try PreparedStatement("BEGIN", db).run()
            do {
                let value = try body(db)
                try PreparedStatement("COMMIT", db).run()
                return value
            } catch {
                try? PreparedStatement("ROLLBACK", db).run()
                throw error
            }
        }
    }

    private func open() throws -> DatabaseQueue {
        let connection = try DatabaseQueue(path: path, configuration: configuration)
        connections.withLock { $0.append(connection) }
        own.object = connection
        return connection
    }

    /// When nobody reads any more.
    func close() throws {
        for connection in connections.withLock({ $0 }) { try connection.close() }
    }
}
