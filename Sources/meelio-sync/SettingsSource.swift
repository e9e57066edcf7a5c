import Configuration
import Foundation
import SyncKit
import SyncServer
import SystemPackage
import Yams

/// Where the settings come from: the command line over the environment over the file over the defaults.
///
/// A name that is no setting is an error in each of them: a misspelt limit would otherwise just not be there.
struct SettingsSource {
    enum Value {
        case text(String)
        case number(Int)
    }

    private let reader: ConfigReader

    init(file: String?, arguments: [String], environment: [String: String]) throws {
        try Self.checkArguments(arguments)
        try Self.checkEnvironment(environment)
        var providers: [any ConfigProvider] = [
            CommandLineArgumentsProvider(arguments: ["meelio-sync"] + arguments),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: ["meelio", "sync"]),
        ]
        if let file { providers.append(try Self.provider(for: file)) }
        let defaults = Settings.defaults.map { name, value in
            (AbsoluteConfigKey(name.split(separator: ".").map(String.init)), ConfigValue(value.content, isSecret: false))
        }
        providers.append(InMemoryProvider(name: "defaults", values: Dictionary(uniqueKeysWithValues: defaults)))
        reader = ConfigReader(providers: providers)
    }

    /// - Throws: ``SettingsError`` if the value is empty or no text.
    func text(_ name: String) throws -> String {
        guard let text = try? reader.requiredString(forKey: ConfigKey(name)), !text.isEmpty else {
            throw SettingsError("The setting '\(name)' is empty or not a text.")
        }
        return text
    }

    /// Nil if the value is empty.
    func optionalText(_ name: String) -> String? {
        reader.string(forKey: ConfigKey(name)).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Throws: ``SettingsError`` if the value is none of the type's.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Choice {
        guard let choice = Choice(rawValue: try text(name)) else {
            throw SettingsError("The setting '\(name)' must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return choice
    }

    /// - Throws: ``SettingsError`` if the value is no whole number of this range.
    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let number = try? reader.requiredInt(forKey: ConfigKey(name)), range.contains(number) else {
            throw SettingsError("The setting '\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    // MARK: - Names that are no setting

    private static func provider(for file: String) throws -> any ConfigProvider {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw SettingsError("The settings file '\(file)' cannot be read.")
        }
        do {
            let root = try Yams.compose(yaml: text)
            for name in try names(in: root, file) where Settings.defaults[name] == nil {
                throw SettingsError("\(file): '\(name)' is not a setting. \(suggestion(for: name))")
            }
            let result = blocking {
                await Result { () async throws -> any ConfigProvider in
                    try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))
                }
            }
            return try result.get()
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError("\(file) is not valid YAML: \(error)")
        }
    }

    /// The names of all values, those of nested ones with a dot: `limits.maxOperations`.
    private static func names(in node: Node?, _ file: String, below prefix: String = "") throws -> [String] {
        guard let node else { return [] }
        guard let mapping = node.mapping else {
            guard prefix.isEmpty else { return [String(prefix.dropLast())] }
            throw SettingsError("\(file) must hold settings of the form 'name: value'.")
        }
        return try mapping.flatMap { key, value in try names(in: value, file, below: "\(prefix)\(key.string ?? "?").") }
    }

    private static func checkArguments(_ arguments: [String]) throws {
        let known = Set(Settings.defaults.keys.map { "--" + words(of: $0).joined(separator: "-") })
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let option = argument.prefix { $0 != "=" }
            guard known.contains(String(option)) else {
                throw SettingsError("'\(argument)' on the command line is not a setting. \(suggestion(for: argument))")
            }
            guard option.count < argument.count || rest.popFirst() != nil else {
                throw SettingsError("The setting '\(option)' on the command line has no value.")
            }
        }
    }

    private static func checkEnvironment(_ environment: [String: String]) throws {
        let prefix = "MEELIO_SYNC_"
        let known = Set(Settings.defaults.keys.map { prefix + words(of: $0).joined(separator: "_").uppercased() })
        for name in environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
            throw SettingsError("The environment variable '\(name)' is not a setting. \(suggestion(for: name))")
        }
    }

    /// `limits.maxOperations` is limits, max, operations.
    private static func words(of name: String) -> [String] {
        name.split(separator: ".").flatMap { $0.description.snakeCased.split(separator: "_").map(String.init) }
    }

    private static func suggestion(for name: String) -> String {
        "The settings are: \(Settings.defaults.keys.sorted().joined(separator: ", "))."
    }
}

extension SettingsSource.Value {
    fileprivate var content: ConfigContent {
        switch self {
        case .text(let text): .string(text)
        case .number(let number): .int(number)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// A setting that is wrong; the start ends with it.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let message: String

    init(_ message: String) { self.message = message }

    var description: String { message }
}
