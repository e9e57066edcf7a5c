import HTTP
import JSON
import SyncEngine

/// Reads the JSON bodies of requests, one after the other, with one parser.
final class JSONBodies {
    private let limits: Limits
    private let parser = JSONParser()

    init(limits: Limits) { self.limits = limits }

    /// Calls `body` with the request's JSON.
    ///
    /// - Throws: what ``RequestBody/json(of:limits:)`` throws, 400 if it is not JSON, what `body` throws.
    func read<Value>(_ request: Request, _ body: (JSONElement) throws -> Value) throws -> Value {
        do {
            return try parser.parse(try RequestBody.json(of: request, limits: limits), body)
        } catch let error as JSONError {
            throw RequestError(.malformed, "The body is not valid JSON: \(error.message)")
        }
    }
}
