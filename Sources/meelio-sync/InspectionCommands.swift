import ArgumentParser
import Foundation
import Handlers
import SyncEngine
import SyncKit
import SyncStore

/// `meelio-sync users`
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "List the users with what they have; the server may run meanwhile.",
        discussion: """
            Examples:
              meelio-sync users --by bytes --limit 20
              meelio-sync users --json | jq -r 'select(.records > 50000) | .subject'

            With --json, one object per line: subject, logName, records, bytes, openConflicts, lastWrite.
            """)

    @Option(help: "What to sort by: subject, records, bytes, conflicts or lastWrite.")
    var by: Inspection.Order = .subject

    @Option(help: "How many to list, at the most.")
    var limit: Int?

    @Flag(help: "One JSON object per line.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("'--limit' takes a whole number from 1 on.") }
    }

    func run() throws {
        try options.carryOut { settings in
            let inspection = try Inspection(path: settings.databasePath)
            let logNames = UserHash(secret: inspection.cursorKey, for: .log)
            if json { return try inspection.forEachUser(by: by, limit: limit) { print($0.json(logName: $0.name(in: logNames))) } }
            var table = TextTable("subject", "in the log", "records", "bytes", "conflicts", "last write")
            try inspection.forEachUser(by: by, limit: limit) { user in
                table.add(
                    user.subject, user.name(in: logNames), "\(user.records)", byteCount(user.bytes), "\(user.openConflicts)",
                    user.lastWrite.iso8601)
            }
            print(table.text)
        }
    }
}

extension Inspection.Order: ExpressibleByArgument {}

extension Inspection.User {
    /// The user's name in the server's log.
    fileprivate func name(in logNames: UserHash) -> String { UserID(subject).map(logNames.name) ?? "" }

    fileprivate func json(logName: String) -> String {
        jsonText([
            "subject": subject, "logName": logName, "records": records, "bytes": bytes, "openConflicts": openConflicts,
            "lastWrite": lastWrite.iso8601,
        ])
    }
}

/// `meelio-sync stats`
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Tell what is in the database, and how large it is; the server may run meanwhile.",
        discussion: "Example: meelio-sync stats --json | jq .logBytes")

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            let inspection = try Inspection(path: settings.databasePath)
            let (totals, entities) = (try inspection.totals(), try inspection.entityContents())
            if json { return print(jsonText(Self.object(totals, entities))) }
            var table = TextTable()
            table.add("users", "\(totals.users)")
            table.add("records", "\(entities.reduce(0) { $0 + $1.records })")
            table.add("tombstones", "\(entities.reduce(0) { $0 + $1.tombstones })")
            table.add("graves", "\(entities.reduce(0) { $0 + $1.graves })")
            table.add("outcomes of operations", "\(totals.outcomes)")
            table.add("open conflicts", "\(totals.openConflicts)")
            table.add("settled conflicts", "\(totals.settledConflicts)")
            table.add("database", byteCount(totals.fileBytes))
            table.add("of it free", byteCount(totals.freeBytes))
            table.add("write-ahead log", byteCount(totals.logBytes))
            table.add("epoch", totals.epoch)
            print(table.text)
        }
    }

    private static func object(_ totals: Inspection.Totals, _ entities: [Inspection.EntityContent]) -> [String: Any] {
        [
            "users": totals.users, "outcomes": totals.outcomes, "openConflicts": totals.openConflicts,
            "settledConflicts": totals.settledConflicts, "databaseBytes": totals.fileBytes, "freeBytes": totals.freeBytes,
            "logBytes": totals.logBytes, "epoch": totals.epoch,
            "entities": Dictionary(
                uniqueKeysWithValues: entities.map {
                    ($0.name, ["records": $0.records, "tombstones": $0.tombstones, "graves": $0.graves])
                }),
        ]
    }
}

/// `meelio-sync entities`
struct EntitiesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entities", abstract: "List the entities: those of this program, and those that the database has.",
        discussion: "Example: meelio-sync entities --json | jq -r .name")

    @Flag(help: "One JSON object per line: name, table, schemaVersion, policy, fields, records, isServed.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            let schemas = try Registry(installedHandlers).schemas
            // Before the first start there is no database.
            let isThere = FileManager.default.fileExists(atPath: settings.databasePath)
            let contents = isThere ? try Inspection(path: settings.databasePath).entityContents() : []
            let records = Dictionary(uniqueKeysWithValues: contents.map { ($0.name, $0.records) })
            let orphans = contents.filter { content in !schemas.contains { $0.entity.name == content.name } }
            if json {
                for schema in schemas { print(Self.json(schema, records[schema.entity.name] ?? 0)) }
                for orphan in orphans {
                    print(
                        jsonText(["name": orphan.name, "schemaVersion": orphan.schemaVersion, "records": orphan.records, "isServed": false])
                    )
                }
                return
            }
            var table = TextTable("entity", "version", "policy", "fields", "records")
            for schema in schemas {
                let entity = schema.entity
                table.add(
                    entity.name, "\(entity.schemaVersion)", schema.handler.conflicts.name, "\(schema.handler.fields.count)",
                    "\(records[entity.name] ?? 0)")
            }
            for orphan in orphans { table.add(orphan.name, "\(orphan.schemaVersion)", "no handler", "", "\(orphan.records)") }
            print(table.text)
        }
    }

    private static func json(_ schema: Schema, _ records: Int) -> String {
        jsonText([
            "name": schema.entity.name, "table": schema.entity.table, "schemaVersion": schema.entity.schemaVersion,
            "policy": schema.handler.conflicts.name, "fields": schema.handler.fields.map(\.name), "records": records, "isServed": true,
        ])
    }
}

/// `meelio-sync export SUBJECT`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all that is kept of one user as JSON; the server may run meanwhile.",
        discussion: """
            Examples:
              meelio-sync export alice > alice.json
              meelio-sync export alice alice.json

            It is what a person may ask for (GDPR, articles 15 and 20): records, ids of deleted ones, conflicts with both versions, names of \
            devices, and the times of operations. Docs/deployment.md has its form.
            """)

    @Argument(help: .subject)
    var user: UserID

    @Argument(help: "The file to make, with mode 0600; standard output without one.")
    var file: String?

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            let inspection = try Inspection(path: settings.databasePath)
            guard let about = try inspection.user(user) else {
                throw SettingsError("There is no user '\(user.subject)'. 'meelio-sync users' lists them.")
            }
            let output = try output()
            do {
                let count = try write(inspection, to: output, bytes: about.bytes)
                if let file { print("\(count) records of '\(user.subject)' are in '\(file)'.") }
            } catch {
                // A part of an export looks like one.
                if let file { unlink(file) }
                throw error
            }
        }
    }

    private func write(_ inspection: Inspection, to output: FileHandle, bytes: Int) throws -> Int {
        let bar = ProgressBar("Exporting", of: bytes)
        defer { bar.end() }
        var written = 0
        return try inspection.export(user) { piece in
            do { try output.write(contentsOf: Data(piece)) } catch {
                throw SettingsError("The export cannot be written\(file.map { " to '\($0)'" } ?? ""): \(error.localizedDescription)")
            }
            written += piece.count
            bar.show(written)
        } ?? 0
    }

    private func output() throws -> FileHandle {
        guard let file else { return .standardOutput }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SettingsError("The file '\(file)' cannot be made: \(String(cString: strerror(errno))). Choose another name.")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
