import GRDB

/// The tables that do not belong to an entity, in the order in which they came to be.
///
/// A migration that has been published is never changed: databases out there have run it.
enum Migrations {
    static let all: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 users, entities, changes") { db in
            try db.execute(sql: """
                -- What belongs to the database as a whole: its epoch and the key of its cursors.
                CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
                INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(8)))), ('cursorKey', randomblob(32));

                -- head: the version of the user's newest write, in milliseconds.
                CREATE TABLE users (
                    key INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, head INTEGER NOT NULL) STRICT;

                -- One row per entity that ever had a handler here, with the fields that its table was made for.
                CREATE TABLE entities (
                    key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, table_name TEXT NOT NULL UNIQUE,
                    schema_version INTEGER NOT NULL, declaration TEXT NOT NULL) STRICT;

                -- The feed: one row per record, at its newest version, in the order of the versions.
                CREATE TABLE changes (
                    user INTEGER NOT NULL REFERENCES users (key), version INTEGER NOT NULL,
                    entity INTEGER NOT NULL REFERENCES entities (key), id TEXT NOT NULL, writer TEXT NOT NULL,
                    deleted INTEGER NOT NULL, PRIMARY KEY (user, version)) STRICT, WITHOUT ROWID;
                """)
        }
        return migrator
    }()
}
