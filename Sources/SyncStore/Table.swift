// An entity's records lie in the order in which they were written last: a user's feed of it is one stretch of its table, with
// each record in it once, ready to be sent. An index finds a record by its id. What a record holds is its JSON; for the sqlite3
// shell a view of the entity's name shows that as one column per declared field, which costs a write nothing.

import SyncKit

/// One entity's table: its SQL.
final class Table: Sendable {
    let schema: Schema
    /// Quoted, for SQL.
    let name: String
    /// The number that stands for the entity in other tables.
    let entityKey: Int64

    // Statements of the hot path; made once, they are the keys of the statement cache.
    let selectRecord: SQLText
    let insertRecord: SQLText
    let updateRecord: SQLText
    let selectFeed: SQLText
    let selectVersion: SQLText
    let selectWriter: SQLText
    /// For each unique rule of the handler, in their order.
    let selectHolders: [SQLText]

    init(_ schema: Schema, entityKey: Int64) {
        self.schema = schema
        self.entityKey = entityKey
        name = Self.name(schema.entity).quoted
        selectRecord = SQLText(
            """
            SELECT version, created, deleted, writer, version_by_others, edited, field_stamps, document FROM \(name) WHERE user = ?1 AND id = ?2
            """)
        insertRecord = SQLText("INSERT INTO \(name) (\(Self.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
        updateRecord = SQLText(
            """
            UPDATE \(name) SET version = ?2, created = ?4, deleted = ?5, writer = ?6, version_by_others = ?7, edited = ?8,
            field_stamps = ?9, document = ?10 WHERE user = ?1 AND version = ?11
            """)
        selectFeed = SQLText("SELECT version, deleted, writer, document, id FROM \(name) WHERE user = ?1 AND version > ?2 ORDER BY version")
        selectVersion = SQLText("SELECT 1 FROM \(name) WHERE user = ?1 AND version = ?2")
        selectWriter = SQLText(
            """
            SELECT 1 FROM (SELECT writer, field_stamps FROM \(name) WHERE user = ?1 AND version <= ?2 ORDER BY version DESC LIMIT ?4)
            WHERE writer = ?3 OR instr(field_stamps, json_quote(?3)) > 0 LIMIT 1
            """)
        selectHolders = schema.handler.uniqueRules.map { [name] in SQLText(Self.selectHolder(of: $0, schema, name)) }
    }

    private static let columns = "user, version, id, created, deleted, writer, version_by_others, edited, field_stamps, document"

    /// `tasks_records`, unquoted; no handler's own table ends like that.
    private static func name(_ entity: Entity) -> String { name(entityTable: entity.table) }

    static func name(entityTable: String) -> String { "\(entityTable)_records" }

    /// - Parameter entityTable: the name that the entity has in the shell.
    static func creation(entityTable: String) -> String {
        let name = name(entityTable: entityTable)
        return """
            CREATE TABLE \(name.quoted) (
                user INTEGER NOT NULL REFERENCES users (key), version INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
                deleted INTEGER NOT NULL, writer TEXT NOT NULL, version_by_others INTEGER NOT NULL, edited INTEGER NOT NULL,
                field_stamps TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (user, version)) STRICT, WITHOUT ROWID;
            CREATE UNIQUE INDEX \("\(name)_by_id".quoted) ON \(name.quoted) (user, id);
            CREATE INDEX \("\(name)_deleted".quoted) ON \(name.quoted) (version) WHERE deleted = 1
            """
    }

    /// The indexes that the server itself needs.
    static func ownIndexes(_ entity: Entity) -> Set<String> { ["\(name(entity))_by_id", "\(name(entity))_deleted"] }

    /// The records with one column per declared field, for people.
    static func view(of schema: Schema) -> String {
        let fields = schema.handler.fields.map { "\(expression(for: $0)) AS \($0.name.snakeCased.quoted)" }
        let columns =
            ["user", "id"] + fields
            + ["version", "created", "deleted", "writer", "version_by_others", "edited", "field_stamps", "document"]
        return """
            CREATE VIEW \(schema.entity.table.quoted) AS
            SELECT \(columns.joined(separator: ",\n    "))
            FROM \(name(schema.entity).quoted)
            """
    }

    /// The form in which a unique rule compares a field. Texts are compared as JSON, in which U+0000 is written as an escape: in
    /// SQL's text it would be the end (https://www.sqlite.org/json1.html, "the -> and ->> operators"). All our JSON spells a text
    /// in the same way.
    private static func comparison(of field: Field, in document: String = "document") -> String {
        switch field.type {
        case .string, .text, .choice: "(\(document) -> '$.\(field.name)')"
        default: "(\(expression(for: field, in: document)))"
        }
    }

    /// Dates keep the form that the client chose; the column shows all of them in UTC, so that they compare.
    private static func expression(for field: Field, in document: String = "document") -> String {
        let value = "(\(document) ->> '$.\(field.name)')"
        guard field.type == .date else { return value }
        let format = "'%Y-%m-%dT%H:%M:%fZ'"
        return """
            CASE json_type(\(document), '$.\(field.name)') WHEN 'text' THEN coalesce(strftime(\(format), \(value)), \(value)) \
            ELSE strftime(\(format), \(value) / 1000.0, 'unixepoch') END
            """
    }

    /// The indexes that the handler declares, by name.
    static func indexes(of schema: Schema) -> [String: String] {
        let table = name(schema.entity)
        let field = { (name: String) in schema.handler.fields.first { $0.name == name }.map { comparison(of: $0) } }
        var indexes: [String: String] = [:]
        for indexed in schema.handler.fields where indexed.isIndexed {
            let name = "\(table)_by_\(indexed.name.snakeCased)"
            indexes[name] = "CREATE INDEX \(name) ON \(table.quoted) (user, (\(expression(for: indexed))))"
        }
        for rule in schema.handler.uniqueRules {
            let name = rule.indexName(table)
            let columns = (["user"] + rule.fields.compactMap(field)).joined(separator: ", ")
            indexes[name] = "CREATE UNIQUE INDEX \(name) ON \(table.quoted) (\(columns)) WHERE deleted = 0"
        }
        return indexes
    }

    /// Finds the live record that holds the values which a new document brings for a rule's fields.
    private static func selectHolder(of rule: UniqueRule, _ schema: Schema, _ name: String) -> String {
        let conditions = rule.fields.compactMap { name in
            schema.handler.fields.first { $0.name == name }
        }.map { field in "\(comparison(of: field)) = \(comparison(of: field, in: "?2"))" }
        return "SELECT id FROM \(name) WHERE \((["user = ?1", "deleted = 0", "id <> ?3"] + conditions).joined(separator: " AND "))"
    }
}

extension String {
    /// A name that the registry has checked, for SQL: many a good name for a field is a keyword there, such as `from`.
    var quoted: String { "\"\(self)\"" }
}

extension UniqueRule {
    fileprivate func indexName(_ table: String) -> String {
        "\(table)_unique_\(fields.isEmpty ? "user" : fields.map(\.snakeCased).joined(separator: "_"))"
    }
}
