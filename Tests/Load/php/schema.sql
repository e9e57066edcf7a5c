-- The tables of the PHP competitor. The feed is an index of the records, so that a write touches one table less; a record
-- is kept as the change that a pull sends.
PRAGMA journal_mode = WAL;
CREATE TABLE users (
    key INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, head INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE records (
    user INTEGER NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    writer TEXT NOT NULL, created TEXT NOT NULL, change TEXT NOT NULL,
    PRIMARY KEY (user, entity, id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed ON records (user, version);
CREATE TABLE operations (
    user INTEGER NOT NULL, op_id TEXT NOT NULL, status TEXT NOT NULL, version INTEGER,
    PRIMARY KEY (user, op_id)) STRICT, WITHOUT ROWID;
