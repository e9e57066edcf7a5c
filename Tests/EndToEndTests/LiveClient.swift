import Foundation
import FoundationNetworking
import HTTPTypes
import SyncTesting

/// One user's device.
struct LiveClient: Sendable {
    let url: String
    /// Empty for somebody who has none.
    let token: String
    let session: URLSession

    /// What devices share: connections that stay open, and no cache.
    static func session() -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 128
        configuration.timeoutIntervalForRequest = 60
        configuration.urlCache = nil
        return URLSession(configuration: configuration)
    }

    func get(_ target: String, fields: [String: String] = [:]) async throws -> Reply {
        try await send("GET", target, fields: fields)
    }

    func bulk(_ operations: [TestOperation], _ members: String...) async throws -> Reply {
        let list = "\"operations\":[\(operations.map(\.json).joined(separator: ","))]"
        return try await post("/api/v1/sync/bulk", "{\(([list] + members).joined(separator: ","))}")
    }

    func post(_ target: String, _ body: String, fields: [String: String] = [:]) async throws -> Reply {
        try await send("POST", target, body: Data(body.utf8), fields: ["Content-Type": "application/json"].merging(fields) { $1 })
    }

    func send(_ method: String, _ target: String, body: Data? = nil, fields: [String: String] = [:]) async throws -> Reply {
        guard let address = URL(string: url + target) else { throw Failure("'\(url + target)' is no address.") }
        var request = URLRequest(url: address)
        request.httpMethod = method
        request.httpBody = body
        if !token.isEmpty { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        for (name, value) in fields { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await session.data(for: request)
        let http = response as? HTTPURLResponse
        let isJSON = http?.mimeType == "application/json" && !data.isEmpty
        return try Reply(status: http?.statusCode ?? 0, fields: Self.fields(of: http), body: Array(data), isJSON: isJSON)
    }

    private static func fields(of response: HTTPURLResponse?) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in response?.allHeaderFields ?? [:] {
            if let name = HTTPField.Name("\(name)") { fields[name] = "\(value)" }
        }
        return fields
    }
}
