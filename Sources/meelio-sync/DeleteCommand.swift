import ArgumentParser
import Foundation
import SyncStore

/// `meelio-sync delete SUBJECT`
struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete one user with all that is kept of them; the server may run meanwhile.",
        discussion: """
            Example: meelio-sync export alice alice.json && meelio-sync delete alice --yes

            The records are overwritten in the database's files. Backups have them still, and so have the user's devices: take their token \
            away first, or they send what they have not sent yet. Writes of others wait while it runs, some seconds for 100,000 records.
            """)

    @Argument(help: .subject)
    var user: UserID

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "One JSON object: subject, records.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            guard yes || isConfirmed() else { throw SettingsError("Nothing was deleted. Confirm with '--yes'.") }
            guard let count = try Store.deleteUser(user, database: settings.databasePath) else {
                throw SettingsError("There is no user '\(user.subject)'. 'meelio-sync users' lists them.")
            }
            print(json ? jsonText(["subject": user.subject, "records": count]) : "'\(user.subject)' and \(count) records are deleted.")
        }
    }

    private func isConfirmed() -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        print("Delete '\(user.subject)' and all of their records for ever? Type the name again to confirm: ", terminator: "")
        return UserID(readLine() ?? "") == user
    }
}
