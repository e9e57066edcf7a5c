import Foundation
import Testing
import Yams

@testable import meelio_sync

@Suite struct SettingsTests {
    /// The values of Config/meelio-sync.yaml, by their full name.
    private static func documented() throws -> [String: String] {
        let root = try Yams.compose(yaml: try Repository.text(of: "Config/meelio-sync.yaml"))
        return values(in: root, name: "")
    }

    private static func values(in node: Node?, name: String) -> [String: String] {
        guard let mapping = node?.mapping else { return [name: node?.string ?? ""] }
        return mapping.reduce(into: [:]) { result, pair in
            let path = [name, pair.key.string ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
            result.merge(values(in: pair.value, name: path)) { $1 }
        }
    }

    @Test func theFileShowsEverySettingWithItsDefault() throws {
        let defaults = Settings.defaults.mapValues { value in
            switch value {
            case .text(let text): text
            case .number(let number): "\(number)"
            }
        }
        #expect(try Self.documented() == defaults)
    }
}
