import GRDB

/// The tables that do not belong to an entity, in the order in which they came to be.
///
/// A migration that has been published is never changed: databases out there have run it.
enum Migrations {
    static let all: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 users, entities, changes, operations, conflicts, graves") { db in
            try db.execute(
                sql: """
                    -- What belongs to the database as a whole: its epoch, the key of its cursors, and the version above which
                    -- all new ones lie.
                    CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
                    INSERT INTO meta VALUES
                        ('epoch', lower(hex(randomblob(8)))), ('cursorKey', randomblob(32)), ('versionFloor', 0);

                    -- head: the version of the user's newest write, in milliseconds. floor: the newest purged tombstone.
                    -- usage: per entity [key, live records, their bytes, their digest].
                    CREATE TABLE users (
                        key INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, head INTEGER NOT NULL DEFAULT 0,
                        floor INTEGER NOT NULL DEFAULT 0, open_conflicts INTEGER NOT NULL DEFAULT 0,
                        conflicts INTEGER NOT NULL DEFAULT 0, usage TEXT NOT NULL DEFAULT '[]') STRICT;

                    -- One row per entity that ever had a handler here, with the fields that its table was made for.
                    CREATE TABLE entities (
                        key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, table_name TEXT NOT NULL UNIQUE,
                        schema_version INTEGER NOT NULL, declaration TEXT NOT NULL) STRICT;

                    -- The feed: one row per record, at its newest version, in the order of the versions.
                    CREATE TABLE changes (
                        user INTEGER NOT NULL REFERENCES users (key), version INTEGER NOT NULL,
                        entity INTEGER NOT NULL REFERENCES entities (key), id TEXT NOT NULL, writer TEXT NOT NULL,
                        deleted INTEGER NOT NULL, PRIMARY KEY (user, version)) STRICT, WITHOUT ROWID;
                    CREATE INDEX tombstones ON changes (version) WHERE deleted = 1;

                    -- What became of the operations that were accepted, so that a replay changes nothing.
                    CREATE TABLE operations (
                        user INTEGER NOT NULL REFERENCES users (key), identity BLOB NOT NULL, at INTEGER NOT NULL,
                        status INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER, fingerprint BLOB NOT NULL,
                        overwritten TEXT NOT NULL, PRIMARY KEY (user, identity)) STRICT, WITHOUT ROWID;

                    -- Conflicts that a person may still decide, and what a policy has decided. body: as on the wire.
                    CREATE TABLE conflicts (
                        user INTEGER NOT NULL REFERENCES users (key), number INTEGER NOT NULL, id TEXT NOT NULL,
                        open INTEGER NOT NULL, at INTEGER NOT NULL, entity TEXT NOT NULL, record TEXT NOT NULL,
                        server_version INTEGER, kind TEXT NOT NULL, client TEXT NOT NULL, content TEXT NOT NULL,
                        body TEXT NOT NULL, settlement TEXT NOT NULL, PRIMARY KEY (user, number)) STRICT, WITHOUT ROWID;
                    CREATE UNIQUE INDEX conflicts_by_id ON conflicts (user, id);

                    -- The ids of purged records, for ever: what was deleted stays deleted.
                    CREATE TABLE graves (
                        user INTEGER NOT NULL REFERENCES users (key), entity INTEGER NOT NULL REFERENCES entities (key),
                        id TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (user, entity, id)) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2 lost versions, fingerprints of conflicts, cut pages") { db in
            try db.execute(
                sql: """
                    -- For each restore of a backup [the user's head in the backup, the newest version given out before it].
                    ALTER TABLE users ADD COLUMN lost TEXT NOT NULL DEFAULT '[]';

                    -- What the operation said, for the outcome that is kept once a person has settled it.
                    ALTER TABLE conflicts ADD COLUMN fingerprint BLOB NOT NULL DEFAULT x'';

                    -- The positions at which pages ended before the feed did, given to clients that send a position only,
                    -- with the head when they last had everything.
                    CREATE TABLE cut_pages (
                        user INTEGER NOT NULL REFERENCES users (key), position INTEGER NOT NULL, complete INTEGER NOT NULL,
                        PRIMARY KEY (user, position)) STRICT, WITHOUT ROWID;
                    """)
        }
        return migrator
    }()
}
