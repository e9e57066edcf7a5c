import Foundation
import GRDB

/// The tables that do not belong to an entity, in the order in which they came to be.
///
/// A migration that has been published is never changed: databases out there have run it.
enum Migrations {
    /// For what looks at or writes to a database without bringing its tables up to date first.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` if its tables are an older or a newer server's.
    static func requireCurrent(_ database: some DatabaseReader, path: String) throws {
        guard try !database.read(all.hasBeenSuperseded) else {
            throw StoreError.unusable("The database '\(path)' is a newer server's. Use that one.")
        }
        guard try database.read(all.hasCompletedMigrations) else {
            throw StoreError.unusable(
                "The database '\(path)' is an older server's. The next start of this one rewrites it; try again after that.")
        }
    }

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
        migrator.registerMigration("3 records in the order of the feed", migrate: orderRecordsByVersion)
        migrator.registerMigration("4 refusals, served sets, contents of deleted records", migrate: rememberRefusals)
        migrator.registerMigration("5 merged creates") { db in
            try db.execute(
                sql: """
                    -- Into which record a create was merged: later edits of the client's own record are edits of that one.
                    CREATE TABLE merged_creates (
                        user INTEGER NOT NULL REFERENCES users (key), entity INTEGER NOT NULL, id TEXT NOT NULL, holder TEXT NOT NULL,
                        PRIMARY KEY (user, entity, id)) STRICT, WITHOUT ROWID;
                    """)
        }
        return migrator
    }()

    /// The records of an entity leave the table of its name, which becomes a view, for one that lies in the feed's order: the
    /// feed is the tables themselves then. The outcomes lose what their operation or their time says, too.
    private static func orderRecordsByVersion(_ db: Database) throws {
        let columns = "user, version, id, created, deleted, writer, version_by_others, edited, field_stamps, document"
        for table in try String.fetchAll(db, sql: "SELECT table_name FROM entities") {
            try db.execute(
                sql: """
                    CREATE TABLE "\(table)_records" (
                        user INTEGER NOT NULL REFERENCES users (key), version INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
                        deleted INTEGER NOT NULL, writer TEXT NOT NULL, version_by_others INTEGER NOT NULL, edited INTEGER NOT NULL,
                        field_stamps TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (user, version)) STRICT, WITHOUT ROWID;
                    INSERT INTO "\(table)_records" (\(columns)) SELECT \(columns) FROM "\(table)" ORDER BY user, version;
                    CREATE UNIQUE INDEX "\(table)_records_by_id" ON "\(table)_records" (user, id);
                    CREATE INDEX "\(table)_records_deleted" ON "\(table)_records" (version) WHERE deleted = 1;
                    DROP TABLE "\(table)";
                    """)
        }
        try db.execute(
            sql: """
                -- usage: per entity [key, live records, their bytes, their digest, the newest version].
                UPDATE users SET usage = coalesce((
                    SELECT json_group_array(json_insert(entry.value, '$[#]', (
                        SELECT max(version) FROM changes WHERE user = users.key AND entity = entry.value ->> 0)))
                    FROM json_each(users.usage) AS entry), '[]');
                DROP TABLE changes;

                -- id: null if it is the operation's own. later: by how many milliseconds the version is later than \"at\".
                ALTER TABLE operations RENAME TO operations_before;
                CREATE TABLE operations (
                    user INTEGER NOT NULL REFERENCES users (key), identity BLOB NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL,
                    id TEXT, later INTEGER, fingerprint BLOB NOT NULL, overwritten TEXT NOT NULL,
                    PRIMARY KEY (user, identity)) STRICT, WITHOUT ROWID;
                INSERT INTO operations
                    SELECT user, identity, at, status, id, version - at, fingerprint, overwritten FROM operations_before;
                DROP TABLE operations_before;
                """)
    }
    /// The base of each refused operation is remembered. Of those refused before, it is taken for zero: a copy never wins.
    private static func rememberRefusals(_ db: Database) throws {
        try db.execute(
            sql: """
                -- served: the sets of entities that were served, by the user's first version and floor under each: [[version, set, floor]]; before
                -- the first of them it was set 1. The counters are of the tables below and of the conflicts' bytes.
                ALTER TABLE users ADD COLUMN served TEXT NOT NULL DEFAULT '[]';
                ALTER TABLE users ADD COLUMN conflict_bytes INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE users ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE users ADD COLUMN deleted_bytes INTEGER NOT NULL DEFAULT 0;

                -- entities: the keys of those that were served together, sorted: [1,2,5].
                CREATE TABLE served_sets (key INTEGER PRIMARY KEY, entities TEXT NOT NULL UNIQUE) STRICT;

                -- The client whose delete the tombstone was: it may create the record again.
                ALTER TABLE graves ADD COLUMN writer TEXT NOT NULL DEFAULT '';

                -- served: the set of entities that it has up to the position,
                -- or up to "ahead" if that is not 0. cut_under: the set that was served when the page was cut. place: the version of the
                -- page's last record; null if that is the position itself.
                ALTER TABLE cut_pages ADD COLUMN served INTEGER NOT NULL DEFAULT 1;
                ALTER TABLE cut_pages ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE cut_pages ADD COLUMN cut_under INTEGER NOT NULL DEFAULT 1;
                ALTER TABLE cut_pages ADD COLUMN place INTEGER;
                ALTER TABLE cut_pages ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
                UPDATE cut_pages SET at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;

                -- Refused operations, so that a copy is judged as the first one was. base, own: what its client had seen of other
                -- clients' writes (negative: by its own word) and of its own. start, finish: the versions that its request wrote before it.
                CREATE TABLE refusals (
                    user INTEGER NOT NULL REFERENCES users (key), identity BLOB NOT NULL, at INTEGER NOT NULL,
                    rejected INTEGER NOT NULL, creates INTEGER NOT NULL, entity TEXT NOT NULL, record TEXT NOT NULL,
                    base INTEGER NOT NULL, own INTEGER NOT NULL, start INTEGER NOT NULL, finish INTEGER NOT NULL,
                    fingerprint BLOB NOT NULL, PRIMARY KEY (user, identity)) STRICT, WITHOUT ROWID;
                CREATE INDEX refusals_by_record ON refusals (user, record);
                CREATE INDEX refusals_rejected ON refusals (user, at) WHERE rejected = 1;

                -- The last content of deleted records, by the version of their tombstone.
                CREATE TABLE deleted_contents (
                    user INTEGER NOT NULL REFERENCES users (key), version INTEGER NOT NULL, document TEXT NOT NULL,
                    PRIMARY KEY (user, version)) STRICT, WITHOUT ROWID;

                ALTER TABLE conflicts ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
                UPDATE conflicts SET size =
                    length(CAST(body AS BLOB)) + length(CAST(content AS BLOB)) + length(CAST(settlement AS BLOB));
                CREATE INDEX conflicts_settled ON conflicts (user, number) WHERE open = 0;
                UPDATE users SET
                    conflict_bytes = (SELECT coalesce(sum(size), 0) FROM conflicts WHERE user = users.key),
                    refusals = (SELECT count(*) FROM conflicts WHERE user = users.key AND open = 1);
                """)
        // Not in SQL: its unhex() is newer than the SQLite that Debian 12 has.
        let open = try Row.fetchAll(db, sql: "SELECT user, id, at, kind, entity, record, fingerprint FROM conflicts WHERE open = 1")
        for row in open {
            try db.execute(
                sql: "INSERT INTO refusals VALUES (?, ?, ?, 0, ?, ?, ?, 0, 0, 0, 0, ?)",
                arguments: [
                    row["user"] as Int64, Data(HexText.bytes(row["id"])), row["at"] as Int64, row["kind"] == "create",
                    row["entity"] as String,
                    row["record"] as String, row["fingerprint"] as Data,
                ])
        }
    }
}

/// Bytes as the hexadecimal digits that name a conflict.
package enum HexText {
    /// Empty for a text that is not an even number of such digits.
    package static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return [] }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        return bytes.count == digits.count / 2 ? bytes : []
    }
}
