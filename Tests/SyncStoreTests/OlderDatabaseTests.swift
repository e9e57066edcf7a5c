import GRDB
import SyncKit
@testable import SyncStore
import SyncTesting
import Testing

/// A database as the server left it before the records lay in the order of the feed.
@Suite struct OlderDatabaseTests {
    private let file: SampleFile

    init() throws {
        file = try SampleFile()
        let database = try DatabaseQueue(path: file.path)
        try Migrations.all.migrate(database, upTo: "2 lost versions, fingerprints of conflicts, cut pages")
        let declaration = try Declaration(Registry([Sample()]).schemas[0]).json
        try database.write { db in
            try db.execute(sql: "INSERT INTO entities VALUES (1, 'samples', 'samples', 1, ?)", arguments: [declaration])
            try db.execute(sql: Self.contents)
        }
        try database.close()
    }

    private static let contents = """
        CREATE TABLE samples (
            user INTEGER NOT NULL REFERENCES users (key), id TEXT NOT NULL,
            title TEXT GENERATED ALWAYS AS (document ->> '$.title') VIRTUAL, version INTEGER NOT NULL, created INTEGER NOT NULL,
            deleted INTEGER NOT NULL, writer TEXT NOT NULL, version_by_others INTEGER NOT NULL, edited INTEGER NOT NULL,
            field_stamps TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (user, id)) STRICT, WITHOUT ROWID;
        INSERT INTO users (key, subject, head, usage) VALUES (1, 'alice', 30, '[[1,2,90,7]]'), (2, 'bob', 12, '[[1,1,45,7]]');
        INSERT INTO samples VALUES
            (1, 'a', 30, 10, 0, 'laptop', 0, 5, '', '{"id":"a","title":"A","version":30,"createdAt":"x","updatedAt":"y"}'),
            (1, 'b', 11, 10, 0, 'laptop', 0, 5, '', '{"id":"b","title":"B","version":11,"createdAt":"x","updatedAt":"y"}'),
            (1, 'c', 20, 10, 1, 'phone', 11, 5, '', '{"id":"c","version":20,"updatedAt":"x","deletedAt":"x"}'),
            (2, 'a', 12, 12, 0, 'phone', 0, 5, '', '{"id":"a","title":"C","version":12,"createdAt":"x","updatedAt":"y"}');
        INSERT INTO changes VALUES
            (1, 11, 1, 'b', 'laptop', 0), (1, 20, 1, 'c', 'phone', 1), (1, 30, 1, 'a', 'laptop', 0), (2, 12, 1, 'a', 'phone', 0);
        INSERT INTO operations VALUES (1, x'01', 25, 1, 'a', 30, x'02', ''), (1, x'03', 25, 3, 'c', NULL, x'', '');
        """

    @Test func keepsItsFeed() throws {
        let store = try file.open(Sample())
        #expect(try store.ids() == ["b", "c", "a"])
        #expect(try store.ids(of: "bob") == ["a"])
    }

    @Test func keepsItsRecords() throws {
        try file.open(Sample()).writing { transaction in
            let record = try #require(try transaction.record("a", of: Sample().entity))
            #expect(record.version == Version(30))
            #expect(record.content == Document(json: #"{"title":"A"}"#))
            let tombstone = try transaction.record("c", of: Sample().entity)
            #expect(tombstone?.isDeleted == true)
        }
    }

    @Test func keepsItsOutcomes() throws {
        try file.open(Sample()).writing { transaction in
            let (first, second) = (try transaction.outcome(of: [1], on: "a"), try transaction.outcome(of: [3], on: "z"))
            let applied = KeptOutcome(status: .applied, id: "a", version: Version(30), fingerprint: [2], overwritten: [])
            #expect(first == applied)
            let nothing = KeptOutcome(status: .noop, id: "c", version: nil, fingerprint: [], overwritten: [])
            #expect(second == nothing)
        }
    }

    @Test func isWrittenTo() throws {
        let store = try file.open(Sample())
        try store.writing { transaction in
            let record = try #require(try transaction.record("b", of: Sample().entity))
            let content = try #require(Document(json: #"{"title":"D"}"#))
            _ = try transaction.put(content, id: "b", of: Sample().entity, over: record, by: Author(client: "phone", edited: sampleTime))
        }
        #expect(try store.ids() == ["c", "a", "b"])
    }

    @Test func showsItsRecordsToTheShell() throws {
        try file.open(Sample()).close()
        let titles = try DatabaseQueue(path: file.path).read { db in
            try String.fetchAll(db, sql: "SELECT title FROM samples WHERE user = 1 AND deleted = 0 ORDER BY id")
        }
        #expect(titles == ["A", "B"])
    }
}
