import SyncEngine
import SyncKit

/// The shapes of requests and answers, for ``OpenAPI``. The words are those of PROTOCOL.
enum OpenAPISchemas {
    static func reference(_ name: String) -> [String: Any] { ["$ref": "#/components/schemas/\(name)"] }

    static func all(schemas: [Schema]) -> [String: Any] {
        var all: [String: Any] = [
            "BulkRequest": bulkRequest, "Operation": operation(schemas), "SyncAnswer": syncAnswer, "Change": change,
            "Result": result, "Conflict": conflict, "ConflictList": conflictList, "ResolveRequest": resolveRequest,
            "ResolveAnswer": resolveAnswer, "MovedConflict": movedConflict, "Status": status, "CheckRequest": checkRequest(schemas),
            "CheckAnswer": checkAnswer, "EntityList": entityList, "Error": error, "AnyObject": ["type": "object"],
        ]
        for schema in schemas { all["record.\(schema.entity.name)"] = JSONSchema.record(of: schema) }
        return all
    }

    // MARK: - Parts

    private static var text: [String: Any] { ["type": "string"] }
    private static var flag: [String: Any] { ["type": "boolean"] }
    private static var whole: [String: Any] { ["type": "integer"] }
    private static var anyObject: [String: Any] { ["type": "object"] }
    private static var moment: [String: Any] { ["type": "string", "format": "date-time"] }
    private static var shortText: [String: Any] { ["type": "string", "minLength": 1, "maxLength": 255] }

    private static func object(_ properties: [String: Any], required: [String]? = nil) -> [String: Any] {
        ["type": "object", "properties": properties, "required": required ?? properties.keys.sorted()]
    }

    private static func array(_ items: [String: Any]) -> [String: Any] { ["type": "array", "items": items] }

    private static func words(_ words: String...) -> [String: Any] { ["type": "string", "enum": words] }

    private static func orNull(_ schema: [String: Any]) -> [String: Any] { ["anyOf": [schema, ["type": "null"]]] }

    private static func map(_ values: [String: Any]) -> [String: Any] { ["type": "object", "additionalProperties": values] }

    // MARK: - Bulk and changes

    private static var bulkRequest: [String: Any] {
        object(
            [
                "operations": array(reference("Operation")),
                "lastSyncTimestamp": orNull(JSONSchema.date), "cursor": orNull(text), "entities": orNull(array(text)),
                "limit": orNull(["type": "integer", "minimum": 1]), "deviceId": orNull(shortText),
            ], required: ["operations"])
    }

    private static func operation(_ schemas: [Schema]) -> [String: Any] {
        object(
            [
                "entity": ["type": "string", "enum": schemas.flatMap { [$0.entity.name] + $0.entity.aliases }],
                "operation": words("create", "update", "delete"),
                "data": ["anyOf": schemas.map { reference("record.\($0.entity.name)") } + [anyObject]] as [String: Any],
                "clientId": shortText, "timestamp": JSONSchema.date,
                "opId": orNull(["type": "string", "minLength": 1, "maxLength": 128]),
                "follows": orNull(["type": "string", "minLength": 1, "maxLength": 128]), "baseVersion": orNull(JSONSchema.date),
                "changed": orNull(array(text)),
            ], required: ["entity", "operation", "data", "clientId", "timestamp"])
    }

    private static var page: [String: Any] {
        [
            "timestamp": moment, "serverChanges": array(reference("Change")), "cursor": text, "hasMore": flag, "reset": flag,
            "resetReason": words("malformed", "epoch", "filter", "ahead", "expired", "mismatch"), "epoch": text, "serverTime": moment,
        ]
    }

    private static var syncAnswer: [String: Any] {
        object(
            page.merging(["success": flag, "conflicts": array(reference("Conflict")), "results": array(reference("Result"))]) { $1 },
            required: ["success", "timestamp", "conflicts", "serverChanges", "results", "cursor", "hasMore", "epoch", "serverTime"])
    }

    private static var change: [String: Any] {
        object([
            "entity": text, "operation": words("update", "delete"), "data": anyObject, "clientId": text, "timestamp": moment,
        ])
    }

    private static var result: [String: Any] {
        object(
            [
                "index": whole, "opId": text, "entity": text, "id": text,
                "status": words("applied", "merged", "noop", "conflict", "rejected"),
                "version": whole, "duplicate": flag, "overwritten": array(overwritten),
            ], required: ["index", "entity", "status"])
    }

    private static var overwritten: [String: Any] {
        object(["name": text, "value": true, "side": words("client", "server")], required: ["name", "side"])
    }

    // MARK: - Conflicts

    private static var conflict: [String: Any] {
        object(
            [
                "index": whole, "conflictId": text,
                "type": ["type": "string", "enum": Conflict.Kind.allCases.map(\.rawValue)] as [String: Any],
                "message": text, "policy": words("serverWins", "clientWins", "lastWriteWins", "manual", "merge"),
                "resolution": words("server_wins", "manual", "none"), "serverVersion": whole, "serverData": anyObject,
                "fields": array(object(["name": text, "client": true, "server": true])),
                "constraint": object(["rule": text, "id": text]), "errors": array(fault), "overwritten": array(overwritten),
            ], required: ["type", "message", "resolution"])
    }

    private static var conflictList: [String: Any] {
        object(["conflicts": array(reference("Conflict")), "cursor": text, "hasMore": flag])
    }

    private static var resolveRequest: [String: Any] {
        object(
            [
                "conflictId": shortText, "resolution": words("server", "client", "merged"), "data": orNull(anyObject),
                "deviceId": orNull(shortText), "serverVersion": orNull(JSONSchema.date),
            ], required: ["conflictId", "resolution"])
    }

    private static var resolveAnswer: [String: Any] {
        object([
            "result": object(["entity": text, "id": text, "status": text, "version": whole], required: ["entity", "id", "status"]),
            "record": orNull(anyObject),
        ])
    }

    private static var movedConflict: [String: Any] {
        object(["code": whole, "message": text, "conflict": reference("Conflict")])
    }

    // MARK: - The rest

    private static var status: [String: Any] {
        object(
            [
                "timestamp": moment, "serverTime": moment, "epoch": text, "openConflicts": whole,
                "limits": object(["maxOperations": whole, "maxBodyBytes": whole, "maxRecordBytes": whole, "pageRecords": whole]),
                "quota": object(["records": whole, "bytes": whole, "maxRecords": whole, "maxBytes": whole]),
                "entities": map(object(["schemaVersion": whole, "records": whole])),
                "notices": ["type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"],
            ], required: ["timestamp", "serverTime", "epoch", "openConflicts", "limits", "quota", "entities"])
    }

    private static func checkRequest(_ schemas: [Schema]) -> [String: Any] {
        let claim = object(["count": ["type": "integer", "minimum": 0], "digest": ["type": "string", "pattern": "^[0-9a-f]{8}$"]])
        let claims: [String: Any] = [
            "type": "object", "properties": Dictionary(uniqueKeysWithValues: schemas.map { ($0.entity.name, claim) }),
            "additionalProperties": false,
        ]
        return object(["timestamp": JSONSchema.date, "entities": claims])
    }

    private static var checkAnswer: [String: Any] {
        object(
            page.merging([
                "upToDate": flag, "entities": map(object(["count": whole, "digest": text, "matches": flag])), "mismatched": array(text),
            ]) { $1 }, required: ["upToDate", "entities", "mismatched", "serverChanges", "epoch", "serverTime"])
    }

    private static var entityList: [String: Any] {
        object([
            "entities": array(
                object([
                    "name": text, "schemaVersion": whole, "schema": anyObject, "conflicts": anyObject, "unique": array(anyObject),
                    "limits": anyObject,
                ]))
        ])
    }

    private static var fault: [String: Any] {
        object(["path": text, "message": text])
    }

    private static var error: [String: Any] {
        object(["code": whole, "message": text, "errors": array(fault)], required: ["code", "message"])
    }
}
