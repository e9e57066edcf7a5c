package import SyncEngine
import Foundation
import SyncKit

/// What the server says of itself, made once from the registry: a dropped-in handler shows up by itself.
package struct Descriptions: Sendable {
    /// GET entities.
    let entities: [UInt8]
    /// GET openapi.json.
    let openAPI: [UInt8]

    /// - Throws: what Foundation's JSON writer throws, if it does.
    package init(of engine: SyncEngine, authentication rules: Authenticator.Rules = Authenticator.Rules()) throws {
        let schemas = engine.registry.schemas
        entities = try Self.json(["entities": schemas.map { Self.entity($0, engine.limits) }])
        openAPI = try Self.json(OpenAPI.document(schemas: schemas, limits: engine.limits, authentication: rules))
    }

    private static func json(_ value: [String: Any]) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    private static func entity(_ schema: Schema, _ limits: Limits) -> [String: Any] {
        let handler = schema.handler
        var record = JSONSchema.record(of: schema)
        record["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        record["title"] = schema.entity.name
        var conflicts: [String: Any] = [
            "policy": handler.conflicts.name, "deletes": handler.deletes == .deleteWins ? "deleteWins" : "conflict",
        ]
        if case .merge(let rule, let rules) = handler.conflicts {
            conflicts["rule"] = rule.rawValue
            conflicts["fields"] = rules.mapValues(\.rawValue)
        }
        return [
            "name": schema.entity.name, "schemaVersion": schema.entity.schemaVersion, "schema": record, "conflicts": conflicts,
            "unique": handler.uniqueRules.map {
                ["rule": $0.name, "fields": $0.fields, "mergesCreates": $0.mergesCreates] as [String: Any]
            },
            "limits": ["maxRecordBytes": limits.maxRecordBytes, "maxNesting": limits.maxNesting],
        ]
    }
}
