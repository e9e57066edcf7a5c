// At every start the handlers' declarations are compared with those that the tables were made for. What every older
// record fits too appears by itself; anything else needs a migration of the handler's, and without one stops the start, for
// it would make records invalid that clients have been told are stored.

import Foundation
import GRDB
import SyncKit

/// The entities' tables in the database, and the check that they fit the handlers.
struct Catalog {
    /// The tables of the handlers in the registry, by entity.
    private(set) var tables: [String: Table] = [:]
    /// Entities that have records here and no handler any more.
    private(set) var orphans: [String] = []
    let sets: ServedSets

    /// Creates what is missing, migrates what is old, and checks the rest, in the transaction of `db`.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` with the entity, the field and the cure.
    init(registry: Registry, _ db: Database, now: Timestamp) throws {
        var tables: [String: Table] = [:]
        for schema in registry.schemas {
            let key = try Self.prepare(schema, db, now: now)
            tables[schema.entity.name] = Table(schema, entityKey: key)
        }
        self.tables = tables
        sets = try ServedSets(db, serving: tables.values.map(\.entityKey))
        orphans = try String.fetchAll(db, sql: "SELECT name FROM entities ORDER BY name").filter { tables[$0] == nil }
    }

    /// The entity's key, its table being as the schema wants it.
    private static func prepare(_ schema: Schema, _ db: Database, now: Timestamp) throws -> Int64 {
        let entity = schema.entity
        let declaration = Declaration(schema)
        guard let row = try row(of: entity, db) else { return try create(schema, declaration, db) }
        let key: Int64 = row["key"]
        if try needsMigration(schema, declaration, row) {
            try TableMigration(schema: schema, entityKey: key, from: row["schema_version"], now: now).run(db)
        }
        try db.execute(
            sql: "UPDATE entities SET declaration = ?, schema_version = ? WHERE key = ?",
            arguments: [declaration.json, entity.schemaVersion, key])
        try synchronizeIndexes(of: schema, db)
        try replaceView(of: schema, db)
        return key
    }

    /// Whether the next start has to run a handler's migration.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` as ``init(registry:_:now:)`` does, but for what only a migration itself finds.
    static func needsMigration(_ registry: Registry, _ db: Database) throws -> Bool {
        // Each is looked at, for what it throws.
        try !registry.schemas.filter { schema in
            try row(of: schema.entity, db).map { try needsMigration(schema, Declaration(schema), $0) } ?? false
        }.isEmpty
    }

    private static func row(of entity: Entity, _ db: Database) throws -> Row? {
        try Row.fetchOne(
            db, sql: "SELECT key, table_name, schema_version, declaration FROM entities WHERE name = ?", arguments: [entity.name])
    }

    /// Whether the handler's migration has to run before the table fits.
    private static func needsMigration(_ schema: Schema, _ declaration: Declaration, _ row: Row) throws -> Bool {
        let entity = schema.entity
        let problem = { (text: String) in StoreError.unusable("The entity '\(entity.name)': \(text)") }
        guard row["table_name"] == entity.table else {
            throw problem(
                "its records are in the table '\(row["table_name"] as String)', and its handler names '\(entity.table)'. Put the name back."
            )
        }
        let version: Int = row["schema_version"]
        guard version <= entity.schemaVersion else {
            throw problem(
                "its records have the schema version \(version), and its handler knows only up to \(entity.schemaVersion). Use the newer handler."
            )
        }
        guard version == entity.schemaVersion else { return true }
        let stored = try JSONDecoder().decode(Declaration.self, from: Data((row["declaration"] as String).utf8))
        if let difference = declaration.difference(from: stored) { throw problem(difference) }
        return false
    }

    private static func create(_ schema: Schema, _ declaration: Declaration, _ db: Database) throws -> Int64 {
        try db.execute(sql: Table.creation(entityTable: schema.entity.table))
        try synchronizeIndexes(of: schema, db)
        try replaceView(of: schema, db)
        try db.execute(
            sql: "INSERT INTO entities (name, table_name, schema_version, declaration) VALUES (?, ?, ?, ?)",
            arguments: [schema.entity.name, schema.entity.table, schema.entity.schemaVersion, declaration.json])
        return db.lastInsertedRowID
    }

    /// It shows the fields that the handler declares now; what the records hold is the same.
    private static func replaceView(of schema: Schema, _ db: Database) throws {
        let (view, name) = (Table.view(of: schema), schema.entity.table)
        let present = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?", arguments: [name])
        guard present != view else { return }
        try db.execute(sql: "DROP VIEW IF EXISTS \(name.quoted)")
        try db.execute(sql: view)
    }

    /// The names of the indexes that were made for what the handler declared.
    static func declaredIndexes(of entity: Entity, _ db: Database) throws -> Set<String> {
        try String.fetchSet(
            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            arguments: [Table.name(entityTable: entity.table)]
        ).subtracting(Table.ownIndexes(entity))
    }

    private static func definition(ofIndex name: String, _ db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?", arguments: [name])
    }

    /// Makes the declared indexes and drops those that are declared no more.
    private static func synchronizeIndexes(of schema: Schema, _ db: Database) throws {
        let wanted = Table.indexes(of: schema)
        var present = try declaredIndexes(of: schema.entity, db)
        for name in present where try wanted[name] != definition(ofIndex: name, db) {
            try db.execute(sql: "DROP INDEX \(name.quoted)")
            present.remove(name)
        }
        do {
            for (name, sql) in wanted where !present.contains(name) { try db.execute(sql: sql) }
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw StoreError.unusable(
                "The entity '\(schema.entity.name)': stored records break a unique rule of its handler. Let a migration change them.")
        }
    }
}
