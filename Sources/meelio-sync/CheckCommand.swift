import ArgumentParser
import Foundation
import Handlers
import SyncKit
import SyncStore

/// `meelio-sync check`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check settings, files and database, and change nothing; the server may run meanwhile.",
        discussion: """
            Examples:
              meelio-sync check --config /etc/meelio-sync/meelio-sync.yaml
              meelio-sync check --full && systemctl restart meelio-sync

            The exit status is 0 if all is well, and 1 if something is wrong; each fault is a sentence.
            """)

    @Flag(help: "Read every page of the database and every entry of its indexes, which takes as long as reading the file.")
    var full = false

    @Flag(help: "One JSON object: isWell, and faults, a list of sentences.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        try options.carryOut { settings in
            let faults = faults(settings)
            if json {
                print(jsonText(["isWell": faults.isEmpty, "faults": faults]))
            } else {
                print(faults.isEmpty ? "All is well." : faults.joined(separator: "\n"))
            }
            if !faults.isEmpty { throw ExitCode.failure }
        }
    }

    private func faults(_ settings: Settings) -> [String] {
        var faults: [String] = []
        func attempt(_ body: () throws -> [String]) {
            do { faults += try body() } catch { faults.append(sentence(error)) }
        }
        attempt { try Self.faultsOfFiles(settings) }
        guard FileManager.default.fileExists(atPath: settings.databasePath) else { return faults }
        attempt {
            let inspection = try Inspection(path: settings.databasePath)
            attempt {
                try inspection.checkSchema(of: try Registry(installedHandlers))
                return []
            }
            return try inspection.problems(isThorough: full)
        }
        return faults
    }

    /// The key is not made here, as the server would make it.
    private static func faultsOfFiles(_ settings: Settings) throws -> [String] {
        let files = FileManager.default
        guard files.fileExists(atPath: settings.state) else {
            return ["The directory '\(settings.state)' is not there. The first start makes it."]
        }
        var faults: [String] = []
        if !files.isWritableFile(atPath: settings.state) { faults.append("The directory '\(settings.state)' cannot be written to.") }
        if settings.usesOwnKey, !files.fileExists(atPath: settings.signingKeyPath) { return faults }
        _ = try settings.keys()
        let free = try files.attributesOfFileSystem(forPath: settings.state)[.systemFreeSize] as? Int ?? .max
        if free < 100_000_000 {
            faults.append("The disk of '\(settings.state)' has only \(byteCount(free)) left. Make room: at 0 no write is taken.")
        }
        return faults
    }
}
