import SyncEngine
import SyncKit

/// The description of the server as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), made from the registry.
enum OpenAPI {
    static func document(schemas: [Schema], limits: Limits, authentication rules: Authenticator.Rules) -> [String: Any] {
        let schemes = securitySchemes(rules)
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Meelio Sync", "version": "1",
                "description":
                    "Offline-first synchronisation: clients push their edits in bulk, and get conflicts and everybody else's changes back.",
            ],
            "paths": paths,
            "components": [
                "securitySchemes": schemes,
                "schemas": OpenAPISchemas.all(schemas: schemas),
            ],
            // One of them is enough.
            "security": schemes.keys.sorted().map { [$0: [String]()] },
        ]
    }

    /// None if the web server authenticates: what it asks for is its own affair.
    private static func securitySchemes(_ rules: Authenticator.Rules) -> [String: [String: String]] {
        if rules.trustsWebServer { return [:] }
        var schemes = ["token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]]
        if let name = rules.cookie { schemes["cookie"] = ["type": "apiKey", "in": "cookie", "name": name] }
        return schemes
    }

    private static var paths: [String: Any] {
        [
            Route.bulk.path: [
                "post": operation("Apply edits and get changes", body: "BulkRequest", answer: "SyncAnswer", errors: [413, 415])
            ],
            Route.changes.path: ["get": operation("Get changes", parameters: [since, cursor, entities, limit], answer: "SyncAnswer")],
            Route.status.path: ["get": statusOperation],
            Route.check.path: [
                "post": operation(
                    "Compare a device's records with the server's", body: "CheckRequest", answer: "CheckAnswer", errors: [413, 415])
            ],
            Route.conflicts.path: ["get": operation("List stored conflicts", parameters: [state, cursor, limit], answer: "ConflictList")],
            Route.resolve.path: ["post": resolveOperation],
            Route.entities.path: ["get": operation("Describe the entities", answer: "EntityList", errors: [])],
            Route.openAPI.path: ["get": operation("This description", answer: "AnyObject", errors: [])],
        ]
    }

    private static var statusOperation: [String: Any] {
        let none = ["name": "If-None-Match", "in": "header", "schema": ["type": "string"]] as [String: Any]
        var operation = operation("Get the user's head, limits and counts", parameters: [entities, none], answer: "Status")
        var responses = operation["responses"] as? [String: Any] ?? [:]
        responses["304"] = ["description": "Nothing has changed."]
        operation["responses"] = responses
        return operation
    }

    private static var resolveOperation: [String: Any] {
        var operation = operation("Settle a stored conflict", body: "ResolveRequest", answer: "ResolveAnswer", errors: [404, 413, 415])
        var responses = operation["responses"] as? [String: Any] ?? [:]
        responses["409"] = json("The record has changed since: decide anew.", "MovedConflict")
        operation["responses"] = responses
        return operation
    }

    private static func operation(
        _ summary: String, parameters: [[String: Any]] = [], body: String? = nil, answer: String, errors: [Int] = []
    ) -> [String: Any] {
        var responses: [String: Any] = ["200": json("It went through.", answer)]
        for status in [400, 401, 503] + errors { responses["\(status)"] = json(reasons[status] ?? "It went wrong.", "Error") }
        var operation: [String: Any] = ["summary": summary, "responses": responses]
        if !parameters.isEmpty { operation["parameters"] = parameters }
        if let body {
            operation["requestBody"] =
                ["required": true, "content": ["application/json": ["schema": OpenAPISchemas.reference(body)]]] as [String: Any]
        }
        return operation
    }

    private static func json(_ description: String, _ schema: String) -> [String: Any] {
        ["description": description, "content": ["application/json": ["schema": OpenAPISchemas.reference(schema)]]]
    }

    private static let reasons = [
        400: "The request is wrong; nothing was changed.", 401: "The token is missing or not valid.", 404: "There is no such thing.",
        413: "The body is too large.", 415: "The body's type or encoding is not supported.",
        503: "The database cannot be used at the moment; nothing was changed. See Retry-After.",
    ]

    // MARK: - Parameters

    private static var since: [String: Any] {
        parameter("since", JSONSchema.date, "The `timestamp` of the last answer; 0 for a first sync.")
    }

    private static var cursor: [String: Any] { parameter("cursor", ["type": "string"], "The `cursor` of the last answer.") }

    private static var entities: [String: Any] { parameter("entities", ["type": "string"], "Names of entities, with commas between.") }

    private static var limit: [String: Any] { parameter("limit", ["type": "integer", "minimum": 1], "How many records a page may have.") }

    private static var state: [String: Any] {
        parameter("state", ["type": "string", "enum": ["open", "settled"]], "Which conflicts; open by default.")
    }

    private static func parameter(_ name: String, _ schema: [String: Any], _ description: String) -> [String: Any] {
        ["name": name, "in": "query", "schema": schema, "description": description]
    }
}
