import Foundation
import Testing

/// Docs/security.md and Docs/faults.md claim nothing that no test shows.
@Suite struct SecurityDocumentTests {
    /// The names of all tests, and of their suites.
    private static func tests() throws -> Set<String> {
        let folder = URL(filePath: Repository.folder).appending(path: "Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects.compactMap { $0 as? URL } ?? []
        return try files.filter { $0.pathExtension == "swift" }.reduce(into: []) { names, file in
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /(?:func|@Suite struct|struct) (\w+)/) { names.insert(String(match.1)) }
        }
    }

    @Test(arguments: ["Docs/security.md", "Docs/faults.md"]) func everyTestThatIsNamedExists(file: String) throws {
        let tests = try Self.tests()
        // A test's name has a capital within; settings have one too, but fewer words.
        let named = try Repository.text(of: file).matches(of: /`(\w+)`/).map { String($0.1) }
            .filter { name in name.count(where: \.isUppercase) >= 4 && name.first?.isLowercase == true }
        #expect(!named.isEmpty)
        #expect(named.filter { !tests.contains($0) } == [])
    }
}
