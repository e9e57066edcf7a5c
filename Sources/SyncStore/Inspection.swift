// What an operator wants to know of a database. It is read and never written to, so that the server may run meanwhile, and no
// handler is needed: the database says itself which entities it has.

import Foundation
import GRDB
package import SyncKit

/// A look into a database file.
package final class Inspection {
    private let database: DatabaseQueue
    private let path: String
    /// The database's secret, from which the users' names in the log come.
    package let cursorKey: [UInt8]
    /// The entities' keys with their names and tables.
    let entities: [(key: Int64, name: String, table: String, schemaVersion: Int)]

    /// - Throws: ``StoreError/unusable(_:)`` with the file and what is wrong with it.
    package init(path: String) throws {
        self.path = path
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw StoreError.unusable("There is no database '\(path)' that can be read. The server makes it at its first start.")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        (database, entities, cursorKey) = try Self.translating(path) {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try Migrations.requireCurrent(database, path: path)
            let (rows, secret) = try database.read { db in
                (
                    try Row.fetchAll(db, sql: "SELECT key, name, table_name, schema_version FROM entities ORDER BY name"),
                    try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'cursorKey'") ?? Data()
                )
            }
            return (database, rows.map { ($0[0], $0[1], Table.name(entityTable: $0[2]).quoted, $0[3]) }, Array(secret))
        }
    }

    private static func translating<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as DatabaseError {
            throw StoreError.unusable("The database '\(path)' cannot be read", error)
        }
    }

    /// Runs `body` as of one moment.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) { try database.read(body) }
    }

    // MARK: - Users

    package struct User {
        package let subject: String
        package var records = 0
        /// The JSON of the records, in bytes.
        package var bytes = 0
        package var openConflicts = 0
        /// When the user's newest write was; by the clock, unless many writes were ahead of it.
        package var lastWrite = Timestamp(milliseconds: 0)
    }

    /// What users are listed by.
    package enum Order: String, CaseIterable, Sendable {
        case subject, records, bytes, conflicts, lastWrite

        fileprivate var sql: String {
            switch self {
            case .subject: "subject"
            case .records: "(SELECT sum(value ->> 1) FROM json_each(usage)) DESC"
            case .bytes: "(SELECT sum(value ->> 2) FROM json_each(usage)) DESC"
            case .conflicts: "open_conflicts DESC"
            case .lastWrite: "head DESC"
            }
        }
    }

    /// Calls `body` with one user after the other; a million of them need no more memory than one.
    package func forEachUser(by order: Order, limit: Int?, _ body: (User) throws -> Void) throws {
        try read { db in
            let rows = try Row.fetchCursor(
                db, sql: "\(Self.selectUsers) ORDER BY \(order.sql), subject LIMIT ?",
                arguments: [limit ?? -1])
            while let row = try rows.next() { try body(Self.user(row)) }
        }
    }

    /// Nil if the subject has written nothing, ever.
    package func user(_ user: UserID) throws -> User? {
        try read { db in
            try Row.fetchOne(db, sql: "\(Self.selectUsers) WHERE subject = ?", arguments: [user.subject])
                .map(Self.user)
        }
    }

    private static let selectUsers = "SELECT subject, head, open_conflicts, usage FROM users"

    private static func user(_ row: Row) throws -> User {
        let usage = try Array((row["usage"] as String).utf8).withUnsafeBytes(UsageTable.init(json:))
        return User(
            subject: row["subject"], records: usage.records, bytes: usage.bytes, openConflicts: row["open_conflicts"],
            lastWrite: Timestamp(milliseconds: row["head"]))
    }

    // MARK: - Entities

    package struct EntityContent {
        package let name: String
        package let schemaVersion: Int
        package let records: Int
        package let tombstones: Int
        package let graves: Int
    }

    /// The entities that have a table here, with or without a handler.
    package func entityContents() throws -> [EntityContent] {
        try read { db in
            try entities.map { entity in
                let count = { (sql: String, arguments: StatementArguments) in try Int.fetchOne(db, sql: sql, arguments: arguments) ?? 0 }
                let all = try count("SELECT count(*) FROM \(entity.table)", [])
                let tombstones = try count("SELECT count(*) FROM \(entity.table) WHERE deleted = 1", [])
                let graves = try count("SELECT count(*) FROM graves WHERE entity = ?", [entity.key])
                return EntityContent(
                    name: entity.name, schemaVersion: entity.schemaVersion, records: all - tombstones, tombstones: tombstones,
                    graves: graves)
            }
        }
    }

    // MARK: - The whole

    package struct Totals {
        package let epoch: String
        package let users: Int
        /// Outcomes of operations, kept so that one which is sent again is known.
        package let outcomes: Int
        package let openConflicts: Int
        package let settledConflicts: Int
        package let fileBytes: Int
        package let logBytes: Int
        /// Room in the file for what comes, left by what was purged.
        package let freeBytes: Int
    }

    package func totals() throws -> Totals {
        try read { db in
            let number = { (sql: String) in try Int.fetchOne(db, sql: sql) ?? 0 }
            return Totals(
                epoch: try String.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'epoch'") ?? "",
                users: try number("SELECT count(*) FROM users"), outcomes: try number("SELECT count(*) FROM operations"),
                openConflicts: try number("SELECT count(*) FROM conflicts WHERE open = 1"),
                settledConflicts: try number("SELECT count(*) FROM conflicts WHERE open = 0"), fileBytes: Store.size(of: path),
                logBytes: Store.size(of: path + "-wal"),
                freeBytes: try number("PRAGMA freelist_count") * number("PRAGMA page_size"))
        }
    }

    // MARK: - Is it whole?

    /// - Throws: ``StoreError/unusable(_:)`` with the entity, the field and the cure, if the server could not start with these handlers.
    package func checkSchema(of registry: Registry) throws {
        try read { db in _ = try Catalog.needsMigration(registry, db) }
    }

    /// What is wrong with the file and with what the server relies on, a sentence each; empty if all is well.
    ///
    /// - Parameter isThorough: every page and index entry, which takes as long as reading the file, and not the quick check.
    package func problems(isThorough: Bool) throws -> [String] {
        try read { db in
            let check = try String.fetchAll(db, sql: "PRAGMA \(isThorough ? "integrity_check" : "quick_check")")
            if check != ["ok"] { return check.map { "SQLite finds the file damaged: \($0). Restore a backup." } }
            return try problemsOfUsers(db)
        }
    }

    /// A user's counts are those of the records, and no record is newer than the user's head.
    private func problemsOfUsers(_ db: Database) throws -> [String] {
        var (found, newest): ([Int64: [Int64: Usage]], [Int64: Int64]) = ([:], [:])
        for entity in entities {
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT user, count(*) FILTER (WHERE deleted = 0), sum(length(CAST(document AS BLOB))) FILTER (WHERE deleted = 0), max(version)
                    FROM \(entity.table) GROUP BY user
                    """)
            while let row = try rows.next() {
                var usage = Usage()
                (usage.records, usage.bytes) = (row[1], row[2] ?? 0)
                let (user, version): (Int64, Int64) = (row[0], row[3])
                found[user, default: [:]][entity.key] = usage
                newest[user] = max(newest[user] ?? 0, version)
            }
        }
        var problems: [String] = []
        let users = try Row.fetchCursor(db, sql: "SELECT key, subject, head, usage FROM users")
        while let row = try users.next() {
            let (key, subject, head): (Int64, String, Int64) = (row[0], row[1], row[2])
            let counted = try Array((row[3] as String).utf8).withUnsafeBytes(UsageTable.init(json:))
            let real = found.removeValue(forKey: key) ?? [:]
            let isRight = entities.allSatisfy { entity in
                (counted[entity.key].records, counted[entity.key].bytes) == (real[entity.key]?.records ?? 0, real[entity.key]?.bytes ?? 0)
            }
            if !isRight { problems.append("The counts of the user '\(subject)' are not those of the records.") }
            if newest[key] ?? 0 > head { problems.append("The user '\(subject)' has a record that is newer than the newest write.") }
        }
        if !found.isEmpty { problems.append("There are records of \(found.count) users who are not there.") }
        return problems
    }
}
