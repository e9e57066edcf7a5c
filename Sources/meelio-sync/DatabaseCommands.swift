import ArgumentParser
import Foundation
import Handlers
import SyncKit
import SyncStore

/// `meelio-sync purge`
struct PurgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Remove tombstones and outcomes that are older than the retention; the server may run meanwhile.")

    @Option(help: "The retention in days, in the place of the setting 'retentionDays'.")
    var days: Int?

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            let store = try Store(path: settings.databasePath, registry: try Registry(installedHandlers), now: Clock.now())
            let count = try store.purge(before: Purger.limit(days ?? settings.retentionDays))
            try store.close()
            print("Purged \(count.tombstones) tombstones, \(count.outcomes) outcomes and \(count.conflicts) conflicts.")
        }
    }
}

/// `meelio-sync backup FILE`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database to a new file; the server may run meanwhile.",
        discussion: "Keep the file of the signing key, too: with another one all tokens are worthless.")

    @Argument(help: "The file to make.")
    var file: String

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            try Store.backUp(database: settings.databasePath, to: file)
            print("The database is in '\(file)'.")
        }
    }
}

/// `meelio-sync restore FILE`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the database, while the server is stopped.",
        discussion: """
            Do not just copy the file: devices would believe to have what the backup does not know. This command gives the \
            database a new epoch, so that they all start anew, and lets its versions go on above all that were given out.
            """)

    @Argument(help: "The backup.")
    var file: String

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            try Store.restore(backup: file, to: settings.databasePath)
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
