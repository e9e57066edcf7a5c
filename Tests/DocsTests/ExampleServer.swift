import Foundation
import HTTP
import HTTPTypes
import Handlers
import SyncEngine
import SyncKit
import SyncStore
import SyncTesting

/// A server that the examples of one group are sent to, one after the other.
struct ExampleServer {
    private let server: TestServer
    private let backup: String
    private var saved = SavedValues()

    init() throws {
        server = try TestServer(installedHandlers + [Drafts(), Places()])
        backup = server.path + ".backup"
    }

    /// Sends the example and returns all that is not as the document says.
    mutating func differences(_ example: Example) throws -> [String] {
        try prepare(example.options["before"])
        let reply = try server.send(try request(example))
        var differences: [String] = []
        if reply.status != example.status { differences.append("the status is \(reply.status) and not \(example.status)") }
        for (name, value) in example.answerFields {
            let actual = HTTPField.Name(name).flatMap { reply.fields[$0] }.map(JSONTree.string)
            differences += saved.differences(expected: .string(value), actual: actual, at: name)
        }
        if let answer = example.answer {
            differences += saved.differences(expected: try JSONTree(parsing: answer), actual: try? JSONTree(parsing: reply.text))
        }
        return differences
    }

    private func request(_ example: Example) throws -> Request {
        let parts = saved.fill(plain: example.target).split(separator: "?", maxSplits: 1).map(String.init)
        var request = Request(method: HTTPRequest.Method(example.method) ?? .get, path: parts[0], query: parts.count > 1 ? parts[1] : "")
        let user = example.options["user"] ?? "alice"
        if user != "nobody" { request.fields[.authorization] = "Bearer \(try server.token(user))" }
        for (name, value) in example.requestFields {
            if let name = HTTPField.Name(name) { request.fields[name] = saved.fill(plain: value) }
        }
        if let body = example.body {
            if request.fields[.contentType] == nil { request.fields[.contentType] = "application/json" }
            request.body = .complete(Array(saved.fill(json: body).utf8))
        }
        return request
    }

    /// What happens before a request, by its name in the document.
    private func prepare(_ event: String?) throws {
        switch event {
        case nil: break
        case "purge":
            server.clock.advance(milliseconds: 91 * 86_400_000)
            try server.store.purge(before: Timestamp(milliseconds: server.clock.now().milliseconds - 90 * 86_400_000))
        case "backup": try Store.backUp(database: server.path, to: backup)
        case "restore":
            try server.store.close()
            try Store.restore(backup: backup, to: server.path)
            try server.reopen()
        case let event?: throw Example.Malformed(description: "There is no event '\(event)'.")
        }
    }
}
