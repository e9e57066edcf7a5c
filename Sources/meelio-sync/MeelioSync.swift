import ArgumentParser
import Foundation

/// The program's version (https://semver.org); script/package takes it from here.
let programVersion = "0.9.0"

/// The command line of the server.
@main
struct MeelioSync: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meelio-sync",
        abstract: "An offline-first sync server behind your web server.",
        discussion: """
            Settings come from the command line (--threads 8), the environment (MEELIO_SYNC_THREADS=8) and a YAML file \
            (--config), in this order. Config/meelio-sync.yaml lists all of them.
            """,
        version: programVersion,
        subcommands: [
            ServeCommand.self, CheckCommand.self, TokenCommand.self, EntitiesCommand.self, UsersCommand.self, StatsCommand.self,
            ExportCommand.self, ImportCommand.self, DeleteCommand.self, BackupCommand.self, RestoreCommand.self, PurgeCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)
}

/// What every command is given.
struct SettingsOptions: ParsableArguments {
    @Option(help: "The YAML file with the settings.")
    var config: String?

    @Argument(parsing: .allUnrecognized, help: "Single settings, as in the file: --threads 8 --limits-max-operations 100")
    var settings: [String] = []

    func load() throws -> Settings {
        // Nothing that a command makes is for the eyes of others: the database and its logs hold everybody's records.
        umask(0o027)
        do {
            return try Settings(file: config, arguments: settings)
        } catch let error as SettingsError {
            throw ValidationError(error.message)
        }
    }
}
