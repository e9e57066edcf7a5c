import ArgumentParser
import Foundation
import Handlers
import SyncEngine
import SyncKit
import SyncStore

/// `meelio-sync import FILE`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Create the records of an exported user; the server may run meanwhile.",
        discussion: """
            Examples:
              meelio-sync import alice.json
              meelio-sync import alice.json --as alice@example.com --plan pro

            The user must have no records here. They are created by the rules of the handlers and the quota, all or none, with versions \
            and dates of their own. Conflicts and ids of deleted records are not taken over.
            """)

    @Argument(help: "What 'meelio-sync export' has written.")
    var file: String

    @Option(name: .customLong("as"), help: "The user who gets the records; the exported one without it.")
    var user: UserID?

    @Option(help: "The plan whose quota counts; see the setting 'quotas'.")
    var plan: String?

    @Flag(help: "One JSON object: subject, records.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            guard let text = FileManager.default.contents(atPath: file) else {
                throw SettingsError("There is no file '\(file)' that can be read.")
            }
            let export = try UserExport(Array(text), file: file, at: Clock.now())
            guard let user = user ?? UserID(export.subject) else {
                throw SettingsError("The user in '\(file)' has no name of 1 to 255 bytes. Name one with '--as'.")
            }
            let registry = try Registry(installedHandlers)
            let store = try Store(path: settings.databasePath, registry: registry, now: Clock.now())
            defer { try? store.close() }
            let engine = SyncEngine(registry: registry, store: store, limits: settings.limits, now: Clock.now)
            let count = try engine.importRecords(export.creates, for: Account(user: user, plan: plan))
            print(json ? jsonText(["subject": user.subject, "records": count]) : "'\(user.subject)' has \(count) records now.")
        }
    }
}
