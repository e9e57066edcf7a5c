// An entity's table is the record's JSON with one virtual generated column per declared field, so that the sqlite3 shell
// shows an ordinary table and indexes and UNIQUE rules stand on the fields, while a pull copies `document` as it is.
// A virtual column is computed when it is read and takes no room: https://www.sqlite.org/gencol.html

import SyncKit

/// One entity's table: its SQL.
final class Table: Sendable {
    let schema: Schema
    /// Quoted, for SQL.
    let name: String
    /// The number that stands for the entity in the changes feed.
    let entityKey: Int64

    // Statements of the hot path; made once, they are the keys of the statement cache.
    let selectRecord: SQLText
    let insertRecord: SQLText
    let updateRecord: SQLText
    let selectDocument: SQLText
    /// For each unique rule of the handler, in their order.
    let selectHolders: [SQLText]

    init(_ schema: Schema, entityKey: Int64) {
        self.schema = schema
        self.entityKey = entityKey
        name = schema.entity.table.quoted
        selectRecord = SQLText(
            """
            SELECT version, created, deleted, writer, version_by_others, edited, field_stamps, document FROM \(name) WHERE user = ?1 AND id = ?2
            """)
        // Not one statement for both: an upsert computes the columns of the fields twice.
        insertRecord = SQLText("INSERT INTO \(name) (\(Self.storedColumns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
        updateRecord = SQLText(
            """
            UPDATE \(name) SET version = ?3, created = ?4, deleted = ?5, writer = ?6, version_by_others = ?7, edited = ?8,
            field_stamps = ?9, document = ?10 WHERE user = ?1 AND id = ?2
            """)
        selectDocument = SQLText("SELECT document FROM \(name) WHERE user = ?1 AND id = ?2")
        selectHolders = schema.handler.uniqueRules.map { [name] in SQLText(Self.selectHolder(of: $0, schema, name)) }
    }

    /// What a row really holds; all other columns are computed.
    static let storedColumns = "user, id, version, created, deleted, writer, version_by_others, edited, field_stamps, document"

    static func creation(of schema: Schema) -> String {
        let columns =
            ["user INTEGER NOT NULL REFERENCES users (key)", "id TEXT NOT NULL"]
            + schema.handler.fields.map(column(for:))
            + [
                "version INTEGER NOT NULL", "created INTEGER NOT NULL", "deleted INTEGER NOT NULL", "writer TEXT NOT NULL",
                "version_by_others INTEGER NOT NULL", "edited INTEGER NOT NULL", "field_stamps TEXT NOT NULL", "document TEXT NOT NULL",
                "PRIMARY KEY (user, id)",
            ]
        return "CREATE TABLE \(schema.entity.table.quoted) (\n    \(columns.joined(separator: ",\n    "))\n) STRICT, WITHOUT ROWID"
    }

    /// `is_focus INTEGER GENERATED ALWAYS AS (document ->> '$.isFocus') VIRTUAL`
    static func column(for field: Field) -> String {
        "\(field.name.snakeCased.quoted) \(field.type.sqlType) GENERATED ALWAYS AS (\(expression(for: field))) VIRTUAL"
    }

    /// Dates keep the form that the client chose; the column shows all of them in UTC, so that they compare.
    private static func expression(for field: Field) -> String {
        let value = "document ->> '$.\(field.name)'"
        guard field.type == .date else { return value }
        let format = "'%Y-%m-%dT%H:%M:%fZ'"
        return """
            CASE json_type(document, '$.\(field.name)') WHEN 'text' THEN coalesce(strftime(\(format), \(value)), \(value)) \
            ELSE strftime(\(format), (\(value)) / 1000.0, 'unixepoch') END
            """
    }

    /// The indexes that the handler declares, by name.
    static func indexes(of schema: Schema) -> [String: String] {
        let table = schema.entity.table
        var indexes: [String: String] = [:]
        for field in schema.handler.fields where field.isIndexed {
            let column = field.name.snakeCased
            indexes["\(table)_by_\(column)"] = "CREATE INDEX \(table)_by_\(column) ON \(table.quoted) (user, \(column.quoted))"
        }
        for rule in schema.handler.uniqueRules {
            let columns = (["user"] + rule.columns.map(\.quoted)).joined(separator: ", ")
            indexes[rule.indexName(table)] =
                "CREATE UNIQUE INDEX \(rule.indexName(table)) ON \(table.quoted) (\(columns)) WHERE deleted = 0"
        }
        return indexes
    }

    /// Finds the live record that holds the values which a new document brings for a rule's fields.
    private static func selectHolder(of rule: UniqueRule, _ schema: Schema, _ name: String) -> String {
        let conditions = rule.fields.compactMap { name in
            schema.handler.fields.first { $0.name == name }
        }.map { field in
            let value = expression(for: field).replacing("document", with: "?2")
            return "\(field.name.snakeCased.quoted) = CAST(\(value) AS \(field.type.sqlType))"
        }
        return "SELECT id FROM \(name) WHERE \((["user = ?1", "deleted = 0", "id <> ?3"] + conditions).joined(separator: " AND "))"
    }
}

extension String {
    /// A name that the registry has checked, for SQL: many a good name for a field is a keyword there, such as `from`.
    var quoted: String { "\"\(self)\"" }
}

extension UniqueRule {
    fileprivate var columns: [String] { fields.map(\.snakeCased) }

    fileprivate func indexName(_ table: String) -> String { "\(table)_unique_\(columns.isEmpty ? "user" : columns.joined(separator: "_"))" }
}

extension FieldType {
    /// The type of the field's column in a STRICT table: https://www.sqlite.org/stricttables.html
    fileprivate var sqlType: String {
        switch self {
        case .boolean, .integer: "INTEGER"
        case .number: "REAL"
        case .string, .text, .choice, .date, .strings, .object: "TEXT"
        }
    }
}
