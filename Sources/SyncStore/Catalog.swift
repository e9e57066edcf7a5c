// At every start the handlers' declarations are compared with those that the tables were made for. What every older
// record fits too appears by itself; anything else stops the start, for it would make records invalid that clients
// have been told are stored.

import Foundation
import GRDB
import SyncKit

/// The entities' tables in the database, and the check that they fit the handlers.
struct Catalog {
    /// The tables of the handlers in the registry, by entity.
    private(set) var tables: [String: Table] = [:]
    /// Entities that have records here and no handler any more.
    private(set) var orphans: [String] = []

    /// Creates what is missing and checks the rest, in the transaction of `db`.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` with the entity, the field and the cure.
    init(registry: Registry, _ db: Database) throws {
        for schema in registry.schemas {
            let key = try Self.prepare(schema, db)
            tables[schema.entity.name] = Table(schema, entityKey: key)
        }
        orphans = try String.fetchAll(db, sql: "SELECT name FROM entities ORDER BY name").filter { tables[$0] == nil }
    }

    /// The entity's key, its table being as the schema wants it.
    private static func prepare(_ schema: Schema, _ db: Database) throws -> Int64 {
        let entity = schema.entity
        let declaration = Declaration(schema)
        let row = try Row.fetchOne(
            db, sql: "SELECT key, table_name, declaration FROM entities WHERE name = ?", arguments: [entity.name])
        guard let row else { return try create(schema, declaration, db) }
        let problem = { (text: String) in StoreError.unusable("The entity '\(entity.name)': \(text)") }
        guard row["table_name"] == entity.table else {
            throw problem("its records are in the table '\(row["table_name"] as String)', and its handler names '\(entity.table)'. Put the name back.")
        }
        let stored = try JSONDecoder().decode(Declaration.self, from: Data((row["declaration"] as String).utf8))
        if let difference = declaration.difference(from: stored) { throw problem(difference) }
        if declaration != stored { try extend(schema, from: stored, to: declaration, db) }
        try synchronizeIndexes(of: schema, db)
        return row["key"]
    }

    private static func create(_ schema: Schema, _ declaration: Declaration, _ db: Database) throws -> Int64 {
        try db.execute(sql: Table.creation(of: schema))
        try synchronizeIndexes(of: schema, db)
        try db.execute(
            sql: "INSERT INTO entities (name, table_name, schema_version, declaration) VALUES (?, ?, ?, ?)",
            arguments: [schema.entity.name, schema.entity.table, schema.entity.schemaVersion, declaration.json])
        return db.lastInsertedRowID
    }

    private static func extend(_ schema: Schema, from stored: Declaration, to declaration: Declaration, _ db: Database) throws {
        for field in schema.handler.fields where stored.fields[field.name] == nil {
            try db.execute(sql: "ALTER TABLE \(schema.entity.table) ADD COLUMN \(Table.column(for: field))")
        }
        try db.execute(
            sql: "UPDATE entities SET declaration = ? WHERE name = ?", arguments: [declaration.json, schema.entity.name])
    }

    /// Makes the declared indexes and drops those that are declared no more.
    private static func synchronizeIndexes(of schema: Schema, _ db: Database) throws {
        let wanted = Table.indexes(of: schema)
        let present = try String.fetchSet(
            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            arguments: [schema.entity.table])
        for name in present.subtracting(wanted.keys) { try db.execute(sql: "DROP INDEX \"\(name)\"") }
        for (name, sql) in wanted where !present.contains(name) { try db.execute(sql: sql) }
    }
}

/// What a table was made for, kept in the database as JSON.
struct Declaration: Codable, Equatable {
    struct Field: Codable, Equatable {
        let type: FieldType
        let isRequired: Bool
        let hasDefault: Bool
    }

    let fields: [String: Field]
    let uniqueRules: Set<[String]>
    let keepsUnknownMembers: Bool

    init(_ schema: Schema) {
        fields = Dictionary(uniqueKeysWithValues: schema.handler.fields.map { field in
            (field.name, Field(type: field.type, isRequired: field.isRequired, hasDefault: field.defaultValue != nil))
        })
        uniqueRules = Set(schema.handler.uniqueRules.map(\.fields))
        keepsUnknownMembers = schema.handler.unknownMembers == .keep
    }

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }

    /// Why records that were valid under `stored` may not be so any more; nil if they all are.
    func difference(from stored: Declaration) -> String? {
        for (name, old) in stored.fields.sorted(by: { $0.key < $1.key }) {
            guard let field = fields[name] else {
                return "the table has a field '\(name)' that the handler does not declare any more. Declare it again."
            }
            guard field.type.accepts(allOf: old.type) else {
                return "the handler declares '\(name)' as \(field.type), and the table was made for \(old.type). Put the old declaration back."
            }
            if field.isRequired && !field.hasDefault && !(old.isRequired || old.hasDefault) {
                return "'\(name)' is required now, and stored records may lack it. Make it optional or give it a default."
            }
        }
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) where stored.fields[name] == nil {
            if field.isRequired && !field.hasDefault {
                return "the new field '\(name)' is required, and stored records lack it. Make it optional or give it a default."
            }
        }
        if let rule = uniqueRules.subtracting(stored.uniqueRules).first {
            return "the rule that \(rule.joined(separator: ", ")) be unique is new, and stored records may break it. Take it back."
        }
        return stored.keepsUnknownMembers && !keepsUnknownMembers
            ? "the handler rejects unknown members now, and stored records may have some. Keep them." : nil
    }
}
