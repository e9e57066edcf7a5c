import Foundation
import JSON
import SyncKit

/// A handler's fields as JSON Schema (2020-12, https://json-schema.org/draft/2020-12), so that clients can check records
/// while they are offline.
enum JSONSchema {
    /// What a client may send as `data` of a create. A patch needs none of the required members.
    static func record(of schema: Schema) -> [String: Any] {
        var properties: [String: Any] = [:]
        for field in schema.handler.fields { properties[field.name] = property(for: field) }
        properties["id"] = ["type": "string", "minLength": 1, "maxLength": 128]
        var result: [String: Any] = ["type": "object", "properties": properties]
        let required = schema.handler.fields.filter { $0.isRequired && $0.defaultValue == nil }.map(\.name)
        if !required.isEmpty { result["required"] = required }
        if schema.handler.unknownMembers == .reject {
            result["additionalProperties"] = false
            // The server's own members and the client's bookkeeping are ignored, and no fault.
            for name in Schema.serverMembers.subtracting(["id"]) { properties[name] = true }
            result["properties"] = properties
            result["patternProperties"] = ["^_": true]
        }
        return result
    }

    private static func property(for field: Field) -> [String: Any] {
        var property = type(field.type)
        // A required field cannot be cleared; null clears any other.
        if !(field.isRequired && field.defaultValue == nil) {
            property = ["anyOf": [property, ["type": "null"]]]
        }
        if let value = field.defaultValue, let json = try? JSONSerialization.jsonObject(with: Data(value.bytes), options: .fragmentsAllowed)
        {
            property["default"] = json
        }
        return property
    }

    /// Dates have two forms, and ISO-8601 has more of them than the format `date-time` (RFC 3339) knows.
    static var date: [String: Any] {
        [
            "anyOf": [["type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}"] as [String: Any], ["type": "integer"]],
            "description": "An ISO-8601 date, or milliseconds since 1970.",
        ]
    }

    private static func type(_ type: FieldType) -> [String: Any] {
        switch type {
        case .string(let length): ["type": "string", "minLength": length.lowerBound, "maxLength": length.upperBound]
        case .text(let maxBytes): ["type": "string", "description": "At most \(maxBytes) bytes of UTF-8.", "maxLength": maxBytes]
        case .choice(let words): ["type": "string", "enum": words]
        case .boolean: ["type": "boolean"]
        case .integer(let range): ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
        case .number: ["type": "number"]
        case .date: date
        case .strings(let maxCount): ["type": "array", "items": ["type": "string"], "maxItems": maxCount]
        case .object: ["type": "object"]
        }
    }
}
