// Not GRDB's pool of readers: it hands its connections out through one queue with barriers, on which sixteen threads that
// read for some microseconds each do little but wait for each other.

import GRDB
import Synchronization

/// Read-only connections to the database: as many as threads have ever read at the same time.
final class Readers: Sendable {
    private let path: String
    private let configuration: Configuration
    private let idle = Mutex<[DatabaseQueue]>([])

    init(path: String, configuration: Configuration) {
        self.path = path
        var configuration = configuration
        configuration.readonly = true
        self.configuration = configuration
    }

    /// Reads in one transaction: the database as of one moment, whatever is written meanwhile.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let connection = try idle.withLock { $0.popLast() } ?? DatabaseQueue(path: path, configuration: configuration)
        defer { idle.withLock { $0.append(connection) } }
        return try connection.unsafeRead { db in
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

    func close() throws {
        for connection in idle.withLock({ connections in
            defer { connections = [] }
            return connections
        }) { try connection.close() }
    }
}
