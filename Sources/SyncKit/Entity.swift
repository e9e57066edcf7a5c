/// What an entity is called, on the wire and in the database.
public struct Entity: Sendable, Hashable {
    /// The name in operations and changes: `siteBlockers`.
    public let name: String
    /// The name of its SQLite table: `site_blockers`.
    public let table: String
    /// Other names under which clients send it: `site-blockers`. The server itself always says ``name``.
    public let aliases: [String]
    /// Counts the changes of the schema that need a migration, from 1.
    public let schemaVersion: Int

    /// - Parameters:
    ///   - aliases: other names under which clients send it.
    ///   - table: the name of the table; left out, it is the name in snake_case.
    public init(_ name: String, aliases: [String] = [], table: String? = nil, schemaVersion: Int = 1) {
        self.name = name
        self.aliases = aliases
        self.table = table ?? name.snakeCased
        self.schemaVersion = schemaVersion
    }
}

extension String {
    /// `isFocus` becomes `is_focus`: SQL folds the case of names, so that camel case would not be seen there.
    package var snakeCased: String {
        reduce(into: "") { text, character in
            if character.isUppercase {
                text += (text.isEmpty ? "" : "_") + character.lowercased()
            } else {
                text.append(character)
            }
        }
    }
}
