import GRDB
import SyncKit

/// Brings an entity's table and records from an older schema version to the handler's, when the server starts.
struct TableMigration {
    private let schema: Schema
    private let table: Table
    private let steps: [Migration]
    private let now: Timestamp

    init(schema: Schema, entityKey: Int64, from version: Int, now: Timestamp) {
        self.schema = schema
        self.now = now
        table = Table(schema, entityKey: entityKey)
        steps = schema.handler.migrations.filter { $0.version > version }
    }

    /// - Throws: ``StoreError/unusable(_:)`` with the record that the steps do not make valid; the caller's transaction ends
    ///   with it, so that nothing is changed.
    func run(_ db: Database) throws {
        // They come back with what the new fields are.
        for index in try Catalog.declaredIndexes(of: schema.entity, db) { try db.execute(sql: "DROP INDEX \(index.quoted)") }
        let connection = Connection(db)
        let floor = try WriteTransaction.versionFloor(connection)
        for row in try Row.fetchAll(db, sql: "SELECT key, subject FROM users ORDER BY key") {
            guard let user = UserID(row["subject"]) else { continue }
            var transaction = try WriteTransaction(
                connection, tables: [schema.entity.name: table], sets: nil, user: user, now: now, versionFloor: floor)
            let ids = try String.fetchAll(
                db, sql: "SELECT id FROM \(table.name) WHERE user = ? AND deleted = 0 ORDER BY version", arguments: [row["key"] as Int64])
            for id in ids { try migrate(id, in: &transaction) }
            try transaction.finish()
        }
    }

    private func migrate(_ id: String, in transaction: inout WriteTransaction) throws {
        guard let record = try transaction.record(id, of: schema.entity) else { return }
        var content = record.content
        for step in steps { step.change(&content) }
        do {
            let faults = schema.faults(in: content)
            guard faults.isEmpty else { throw ValidationError(faults: faults) }
            let completed = try schema.completed(content)
            guard completed != record.content else { return }
            _ = try transaction.put(completed, id: id, of: schema.entity, over: record, by: Author(client: Author.nameless, edited: now))
        } catch let error as ValidationError {
            throw StoreError.unusable(
                "The entity '\(schema.entity.name)': its migration leaves the record '\(id)' of a user invalid: \(error.faults.map(\.message).joined(separator: " "))"
            )
        }
    }
}
