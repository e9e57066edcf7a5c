import Foundation
import Testing

/// What the world does to a server: one test for each fault, with the real server, and Docs/faults.md tells of them.
@Suite struct FaultTests {
    static let isRoot = geteuid() == 0
}

extension FaultServer {
    /// Notes every write of a task in a table of the test's own, within the transaction of the write.
    func auditTasks() throws {
        _ = try sql(
            """
            CREATE TABLE audit (id TEXT, version INTEGER);
            CREATE TRIGGER audit_insert AFTER INSERT ON tasks_records BEGIN INSERT INTO audit VALUES (new.id, new.version); END;
            CREATE TRIGGER audit_update AFTER UPDATE ON tasks_records BEGIN INSERT INTO audit VALUES (new.id, new.version); END;
            """)
    }

    /// Makes the log so long, by a write of 34 MB, that the server copies it into the database after its next commit.
    func fillLog() throws {
        _ = try sql(
            """
            PRAGMA wal_autocheckpoint = 0; CREATE TABLE ballast (bytes);
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 8500)
            INSERT INTO ballast SELECT randomblob(4000) FROM numbers;
            """)
    }

    /// Compares the database with what the writers were told, once all of their requests are answered.
    func expectExactly(_ writers: Writers, isAudited: Bool = false) throws {
        let count = writers.count
        #expect(count.wrong.isEmpty, "\(count.wrong.prefix(3))")
        #expect(try sql("PRAGMA integrity_check") == "ok")
        let rows = try sql("SELECT id || '|' || title || '|' || version FROM tasks WHERE deleted = 0 ORDER BY id")
        let expected = writers.records.compactMap { id, record in record.map { "\(id)|\($0.title)|\($0.version)" } }
        let stored = Set(rows.split(separator: "\n").map(String.init))
        #expect(Set(expected).subtracting(stored).isEmpty, "acknowledged and lost")
        #expect(stored.subtracting(expected).isEmpty, "stored and not what was acknowledged")
        if isAudited {
            #expect(try sql("SELECT count(*), count(DISTINCT version) FROM audit") == "\(count.operations)|\(count.operations)")
        }
    }
}
