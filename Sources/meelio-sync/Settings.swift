import Foundation
import Logging
import Logs
import SyncEngine
import SyncServer

/// What an operator can choose. Config/meelio-sync.yaml says what each is for.
struct Settings {
    let state: String
    let listen: String
    let database: String
    let signingKey: String
    private let notices: String?
    let threads: Int
    let logLevel: Logger.Level
    let logFormat: LineHandler.Format
    let logFile: String
    let logRequests: RequestLog.Choice
    let stallSeconds: Int
    let drainSeconds: Int
    let maxWaitingWrites: Int
    let authentication: Authenticator.Rules
    private let jwks: String?
    let tokenCache: Int
    let retentionDays: Int
    let purgeHours: Int
    let limits: Limits

    /// - Parameters:
    ///   - file: the YAML file; without one there are the defaults.
    ///   - arguments: `["--threads", "8"]`, before everything else.
    /// - Throws: ``SettingsError``, which names the setting.
    init(
        file: String?, arguments: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        let source = try SettingsSource(file: file, arguments: arguments, environment: environment)
        state = try source.text("state")
        listen = try source.text("listen")
        database = try source.text("database")
        signingKey = try source.text("signingKey")
        notices = try Self.notices(source)
        let threads = try source.number("threads", in: 0...1024)
        self.threads = threads > 0 ? threads : 2 * ProcessInfo.processInfo.activeProcessorCount
        guard let level = Logger.Level(rawValue: try source.text("logLevel")) else {
            throw SettingsError("The setting 'logLevel' must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        logLevel = level
        logFormat = try source.choice("logFormat")
        logFile = try source.text("logFile")
        logRequests = try source.choice("logRequests")
        stallSeconds = try source.number("stallSeconds", in: 1...3600)
        drainSeconds = try source.number("drainSeconds", in: 1...3600)
        maxWaitingWrites = try source.number("maxWaitingWrites", in: 1...1_000_000)
        authentication = try Self.authentication(source)
        jwks = source.optionalText("auth.jwks")
        guard jwks != nil || (authentication.issuer == nil && authentication.audience == nil) else {
            throw SettingsError("The settings 'auth.issuer' and 'auth.audience' need 'auth.jwks': the server's own tokens name neither.")
        }
        tokenCache = try source.number("tokenCache", in: 2...10_000_000)
        retentionDays = try source.number("retentionDays", in: 1...36_500)
        purgeHours = try source.number("purgeHours", in: 1...8760)
        var limits = Limits()
        limits.maxOperations = try source.number("limits.maxOperations", in: 1...100_000)
        limits.maxBodyBytes = try source.number("limits.maxBodyBytes", in: 1024...1 << 30)
        limits.maxInflatedBytes = try source.number("limits.maxInflatedBytes", in: 1024...1 << 30)
        limits.maxRecordBytes = try source.number("limits.maxRecordBytes", in: 1024...1 << 30)
        limits.maxNesting = try source.number("limits.maxNesting", in: 1...200)
        limits.defaultPageRecords = try source.number("limits.defaultPageRecords", in: 1...100_000)
        limits.maxPageRecords = try source.number("limits.maxPageRecords", in: 1...100_000)
        limits.maxPageBytes = try source.number("limits.maxPageBytes", in: 1024...1 << 30)
        limits.quotas = try Self.quotas(try source.text("quotas"))
        self.limits = limits
    }

    private static func authentication(_ source: SettingsSource) throws -> Authenticator.Rules {
        var rules = Authenticator.Rules()
        switch try source.text("auth.mode") {
        case "token": break
        case "remoteUser": rules.trustsWebServer = true
        case let mode: throw SettingsError("The setting 'auth.mode' must be 'token' or 'remoteUser', and is '\(mode)'.")
        }
        rules.issuer = source.optionalText("auth.issuer")
        rules.audience = source.optionalText("auth.audience")
        rules.cookie = source.optionalText("auth.cookie")
        return rules
    }

    /// Takes the `unix:` off `unix:notices.sock`.
    private static func notices(_ source: SettingsSource) throws -> String? {
        guard let text = source.optionalText("notices") else { return nil }
        guard text.hasPrefix("unix:"), text.count > "unix:".count else {
            throw SettingsError(
                "The setting 'notices' must be a unix socket of nginx's, as in 'unix:/run/meelio-sync-notices.sock', and is '\(text)'.")
        }
        return String(text.dropFirst("unix:".count))
    }

    /// Parses `default:100000:268435456, pro:1000000:4294967296`: plan, records, bytes.
    private static func quotas(_ text: String) throws -> [String: Quota] {
        var quotas: [String: Quota] = [:]
        for plan in text.split(separator: ",") {
            let parts = plan.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 3, let records = Int(parts[1]), let bytes = Int(parts[2]), records >= 0, bytes >= 0 else {
                throw SettingsError(
                    "The setting 'quotas' must be a list of PLAN:RECORDS:BYTES with commas between, and '\(plan)' is not one.")
            }
            quotas[parts[0]] = Quota(maxRecords: records, maxBytes: bytes)
        }
        guard quotas["default"] != nil else { throw SettingsError("The setting 'quotas' has no plan 'default'.") }
        return quotas
    }

    /// All settings with their defaults, which say the type too.
    static let defaults: [String: SettingsSource.Value] = {
        let limits = Limits()
        return [
            "state": .text("var"), "listen": .text("unix:meelio-sync.sock"), "database": .text("meelio-sync.sqlite"),
            "signingKey": .text("signing.key"), "auth.mode": .text("token"), "auth.jwks": .text(""), "auth.issuer": .text(""),
            "auth.audience": .text(""), "auth.cookie": .text(""), "notices": .text(""), "threads": .number(0), "logLevel": .text("info"),
            "logFormat": .text("text"), "logFile": .text("stderr"), "logRequests": .text("failed"),
            "stallSeconds": .number(30), "drainSeconds": .number(10), "maxWaitingWrites": .number(1000),
            "tokenCache": .number(10_000), "retentionDays": .number(90), "purgeHours": .number(24),
            "quotas": .text("default:100000:268435456"),
            "limits.maxOperations": .number(limits.maxOperations), "limits.maxBodyBytes": .number(limits.maxBodyBytes),
            "limits.maxInflatedBytes": .number(limits.maxInflatedBytes), "limits.maxRecordBytes": .number(limits.maxRecordBytes),
            "limits.maxNesting": .number(limits.maxNesting),
            "limits.defaultPageRecords": .number(limits.defaultPageRecords),
            "limits.maxPageRecords": .number(limits.maxPageRecords), "limits.maxPageBytes": .number(limits.maxPageBytes),
        ]
    }()

    // MARK: - Paths: what is not absolute lies in the state's directory

    var databasePath: String { path(database) }

    /// Nil for the standard error.
    var logFilePath: String? { logFile == "stderr" ? nil : path(logFile) }

    /// Nginx's socket for change notices; nil if there are to be none.
    var noticesPath: String? { notices.map(path) }

    var signingKeyPath: String { path(signingKey) }

    /// The keys that tokens are checked with: the identity provider's, or the server's own, which is made if it is not there.
    ///
    /// - Throws: ``KeySetError``, ``SigningKeyError``
    func keys() throws -> KeySet {
        if let jwks { return try KeySet(file: path(jwks)) }
        return KeySet(try SigningKey(file: signingKeyPath))
    }

    /// Whether tokens are signed with the key in `signingKeyPath`.
    var usesOwnKey: Bool { jwks == nil }

    /// - Throws: ``SettingsError`` if the server would not accept a token that is signed with its own key.
    func checkOwnTokensCount() throws {
        if authentication.trustsWebServer {
            throw SettingsError("The server takes no tokens: by the setting 'auth.mode' it is the web server that says who the user is.")
        }
        if !usesOwnKey {
            throw SettingsError("The server takes tokens of the identity provider alone, by the setting 'auth.jwks'. Get one there.")
        }
    }

    /// The listener, with the path of a unix socket made complete.
    var listener: String {
        listen.hasPrefix("unix:") ? "unix:" + path(String(listen.dropFirst("unix:".count))) : listen
    }

    private func path(_ name: String) -> String { name.hasPrefix("/") ? name : "\(state)/\(name)" }

    /// - Throws: ``SettingsError`` if the directory cannot be made.
    func createStateDirectory() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw SettingsError("The directory 'state' ('\(state)') cannot be made: \(error.localizedDescription)")
        }
    }
}
