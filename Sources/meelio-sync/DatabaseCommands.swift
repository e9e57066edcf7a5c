import ArgumentParser
import Foundation
import Handlers
import SyncKit
import SyncStore

/// `meelio-sync purge`
struct PurgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Remove tombstones and outcomes that are older than the retention; the server may run meanwhile.",
        discussion: "Example: meelio-sync purge --days 30")

    @Option(help: "The retention in days, in the place of the setting 'retentionDays'.")
    var days: Int?

    @Flag(help: "One JSON object: tombstones, outcomes, conflicts.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard days.map({ (1...36_500).contains($0) }) ?? true else { throw ValidationError("'--days' takes 1 to 36500 days.") }
    }

    func run() throws {
        try options.carryOut { settings in
            let store = try Store(path: settings.databasePath, registry: try Registry(installedHandlers), now: Clock.now())
            let bar = ProgressBar("Purged", of: 0)
            let count = try store.purge(before: Purger.limit(days ?? settings.retentionDays)) {
                bar.show($0.tombstones + $0.outcomes + $0.conflicts)
            }
            bar.end()
            try store.close()
            if json {
                return print(jsonText(["tombstones": count.tombstones, "outcomes": count.outcomes, "conflicts": count.conflicts]))
            }
            print("Purged \(count.tombstones) tombstones, \(count.outcomes) outcomes and \(count.conflicts) conflicts.")
        }
    }
}

/// `meelio-sync backup FILE`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database to a new file; the server may run meanwhile.",
        discussion: """
            Example: meelio-sync backup /var/backups/meelio-sync/$(date +%F).sqlite

            The copy is checked, and holds nothing of what was deleted. Keep the file of the signing key, too: with another one all tokens \
            are worthless.
            """)

    @Argument(help: "The file to make, with mode 0600.")
    var file: String

    @Flag(help: "One JSON object: file, bytes.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            try ProgressBar.whileMaking(file, ofBytes: Store.size(of: settings.databasePath), "Copying") {
                try Store.backUp(database: settings.databasePath, to: file)
            }
            print(json ? jsonText(["file": file, "bytes": Store.size(of: file)]) : "The database is in '\(file)'.")
        }
    }
}

/// `meelio-sync restore FILE`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the database, while the server is stopped.",
        discussion: """
            Example: meelio-sync restore /var/backups/meelio-sync/2026-11-23.sqlite

            Do not just copy the file: devices would believe to have what the backup does not know. This command gives the \
            database a new epoch, so that they all start anew, and lets its versions go on above all that were given out.
            """)

    @Argument(help: "The backup.")
    var file: String

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            try ProgressBar.whileMaking(settings.databasePath + ".restored", ofBytes: Store.size(of: file), "Copying") {
                try Store.restore(backup: file, to: settings.databasePath)
            }
            print("The database is that of '\(file)' now. Start the server.")
        }
    }
}

extension SettingsOptions {
    /// Runs a command; its errors become a sentence and a non-zero status.
    func carryOut(_ body: (Settings) throws -> Void) throws {
        let settings = try load()
        do {
            try body(settings)
        } catch {
            FileHandle.standardError.write(Data("Error: \(sentence(error))\n".utf8))
            throw ExitCode.failure
        }
    }
}
