import ArgumentParser
import SyncServer
import SyncStore

/// `meelio-sync token alice`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a token for a user, signed with the server's key.",
        discussion: "Example: curl -H \"Authorization: Bearer $(meelio-sync token alice)\" http://127.0.0.1:8080/api/v1/sync/status")

    @Argument(help: .subject)
    var subject: UserID

    @Option(help: "The plan that says what the user may keep; see the setting 'quotas'.")
    var plan: String?

    @Option(help: "How long the token is valid, in days.")
    var days: Int = 30

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard (1...36_500).contains(days) else { throw ValidationError("A token is valid for 1 to 36500 days.") }
    }

    func run() throws {
        let settings = try options.load()
        try settings.checkOwnTokensCount()
        try settings.createStateDirectory()
        let key = try SigningKey(file: settings.signingKeyPath)
        print(try key.token(subject: subject.subject, plan: plan, validFor: Double(days) * 86_400, now: Clock.now()))
    }
}
