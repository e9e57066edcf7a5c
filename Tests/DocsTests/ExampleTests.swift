import Foundation
import Testing

/// Every example of the protocol's description is sent to a server with the installed handlers, and its answer compared.
@Suite struct ExampleTests {
    @Test(arguments: try Example.groups(of: "Docs/protocol.md"))
    func theServerAnswersAsTheDocumentSays(group: Example.Group) throws {
        var server = try ExampleServer()
        for example in group.examples {
            let differences = try server.differences(example)
            #expect(differences.isEmpty, "Docs/protocol.md:\(example.line), \(group):\n\(differences.joined(separator: "\n"))")
        }
    }

    @Test func anExampleThatIsWrongIsFound() throws {
        let markdown = """
            <!-- example: wrong -->
            `GET /api/v1/sync/status`

            Answer `200`
            ```json
            {"openConflicts": 1, "quota": {"records": 0}, "nothing": "…"}
            ```
            """
        var server = try ExampleServer()
        let example = try #require(try Example.all(in: markdown).first)
        let differences = try server.differences(example)
        #expect(differences.contains("nothing: the document says \"…\", the server has no such member"))
        #expect(differences.contains("openConflicts: the document says 1, the server 0"))
        #expect(differences.count == 2)
    }

    @Test func anExampleWithoutAnAnswerIsAnError() {
        #expect(throws: Example.Malformed.self) { try Example.all(in: "<!-- example: a -->\n`GET /health`\n") }
    }
}

extension Example {
    /// The examples that share a server.
    struct Group: CustomTestStringConvertible, CustomStringConvertible, Sendable {
        let name: String
        let examples: [Example]

        var description: String { name }
        var testDescription: String { name }
    }

    static func groups(of file: String) throws -> [Group] {
        let examples = try all(in: try Repository.text(of: file))
        let names = examples.map(\.group).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return names.map { name in Group(name: name, examples: examples.filter { $0.group == name }) }
    }
}
