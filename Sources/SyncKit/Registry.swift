/// The entities that this server serves, by their name on the wire.
package struct Registry: Sendable {
    /// In the handlers' order.
    package let schemas: [Schema]
    private let byName: [String: Int]

    /// - Throws: a sentence that names the handler which is wrong: two of one entity or table, or a name that cannot be
    ///   one of JSON and of SQL.
    package init(_ handlers: [any EntityHandler]) throws(RegistryError) {
        var entities: [String: String] = [:]
        var tables: [String: String] = [:]
        for handler in handlers {
            let type = String(describing: type(of: handler))
            try Self.checkNames(of: handler, type)
            if let other = entities.updateValue(type, forKey: handler.entity.name) {
                throw RegistryError("The handlers \(other) and \(type) both serve the entity '\(handler.entity.name)'. Remove one of them.")
            }
            for alias in handler.entity.aliases {
                guard Self.isAlias(alias) else {
                    throw RegistryError("The handler \(type): the alias '\(alias)' needs letters, digits, '-' and '_'.")
                }
                if let other = entities.updateValue(type, forKey: alias) {
                    throw RegistryError("The handlers \(other) and \(type) both serve the entity '\(alias)'. Remove one of them.")
                }
            }
            for field in handler.fields {
                guard let value = field.defaultValue, let fault = field.type.fault(of: value) else { continue }
                throw RegistryError("The handler \(type): the default of '\(field.name)' \(fault).")
            }
            if let other = tables.updateValue(type, forKey: handler.entity.table) {
                throw RegistryError("The handlers \(other) and \(type) both use the table '\(handler.entity.table)'. Rename one of them.")
            }
        }
        schemas = handlers.map(Schema.init)
        byName = Dictionary(
            uniqueKeysWithValues: schemas.enumerated().flatMap { place, schema in
                ([schema.entity.name] + schema.entity.aliases).map { ($0, place) }
            })
    }

    /// - Parameter name: the entity's name or one of its aliases.
    package func schema(for name: String) -> Schema? { byName[name].map { schemas[$0] } }

    /// Names that every table has for itself.
    private static let tableColumns: Set<String> = [
        "user", "id", "version", "created", "deleted", "writer", "version_by_others", "edited", "field_stamps", "document",
    ]

    private static let serverTables: Set<String> = [
        "meta", "users", "entities", "operations", "conflicts", "graves", "cut_pages", "refusals", "deleted_contents", "served_sets",
        "merged_creates",
        "grdb_migrations",
    ]

    private static func checkNames(of handler: any EntityHandler, _ type: String) throws(RegistryError) {
        let entity = handler.entity
        guard isIdentifier(entity.name), isIdentifier(entity.table), !entity.table.hasPrefix("sqlite_") else {
            throw RegistryError(
                "The handler \(type): entity '\(entity.name)' and table '\(entity.table)' need names of letters, digits and '_'.")
        }
        guard !serverTables.contains(entity.table), !entity.table.hasSuffix("_records") else {
            throw RegistryError("The handler \(type): the table name '\(entity.table)' is the server's own. Choose another.")
        }
        var columns = tableColumns
        for field in handler.fields {
            guard isIdentifier(field.name), !Schema.serverMembers.contains(field.name) else {
                throw RegistryError("The handler \(type): a field cannot be called '\(field.name)'.")
            }
            guard columns.insert(field.name.snakeCased).inserted else {
                throw RegistryError(
                    "The handler \(type): the field '\(field.name)' needs the column '\(field.name.snakeCased)', which the table has already."
                )
            }
        }
        guard handler.migrations.map(\.version) == Array(2..<entity.schemaVersion + 1) else {
            throw RegistryError(
                "The handler \(type): schema version \(entity.schemaVersion) needs one migration to each version from 2 to it, in this order."
            )
        }
        for name in ruledFields(of: handler.conflicts) where !handler.fields.contains(where: { $0.name == name }) {
            throw RegistryError("The handler \(type): its conflict policy names '\(name)', which is not a field.")
        }
        for rule in handler.uniqueRules {
            for field in rule.fields where !handler.fields.contains(where: { $0.name == field }) {
                throw RegistryError("The handler \(type): a unique rule names '\(field)', which is not a field.")
            }
        }
    }

    private static func ruledFields(of policy: ConflictPolicy) -> [String] {
        if case .merge(_, let rules) = policy { rules.keys.sorted() } else { [] }
    }

    private static func isAlias(_ name: String) -> Bool { isIdentifier(name.replacing("-", with: "_")) }

    /// Letters, digits and underscores, a letter first: fit for SQL and for JSON paths without quoting.
    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, Character(UnicodeScalar(first)).isLetter else { return false }
        return name.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return byte < 0x80 && (character.isLetter || character.isNumber || character == "_")
        }
    }
}

/// Handlers that cannot be served together; the start ends with it.
package struct RegistryError: Error, Equatable {
    package let message: String

    init(_ message: String) { self.message = message }
}
