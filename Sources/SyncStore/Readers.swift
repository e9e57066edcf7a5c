// Not GRDB's pool of readers: it hands its connections out through one queue with barriers, on which sixteen threads that
// read for some microseconds each do little but wait for each other.

import GRDB
import Synchronization

/// Read-only connections to the database, one for each thread that has ever read.
final class Readers: Sendable {
    private let path: String
    private let configuration: Configuration
    private let all = Mutex<[Reader]>([])
    private let own: ThreadLocal<Reader>

    private final class Reader: Sendable {
        let queue: DatabaseQueue
        let connection: Connection

        init(_ queue: DatabaseQueue) {
            self.queue = queue
            connection = queue.unsafeRead(Connection.init)
        }
    }

    /// - Throws: ``StoreError/unusable(_:)`` if the system has no thread-local storage left.
    init(path: String, configuration: Configuration) throws {
        self.path = path
        own = try ThreadLocal()
        var configuration = configuration
        configuration.readonly = true
        self.configuration = configuration
    }

    /// Reads in one transaction: the database as of one moment, whatever is written meanwhile.
    func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        let reader = try own.object ?? open()
        return try reader.queue.unsafeRead { _ in
            try PreparedStatement("BEGIN", reader.connection).run()
            do {
                let value = try body(reader.connection)
                try PreparedStatement("COMMIT", reader.connection).run()
                return value
            } catch {
                try? PreparedStatement("ROLLBACK", reader.connection).run()
                throw error
            }
        }
    }

    private func open() throws -> Reader {
        let reader = Reader(try DatabaseQueue(path: path, configuration: configuration))
        all.withLock { $0.append(reader) }
        own.object = reader
        return reader
    }

    /// When nobody reads any more.
    func close() throws {
        for reader in all.withLock({ $0 }) {
            reader.connection.forgetStatements()
            try reader.queue.close()
        }
    }
}
