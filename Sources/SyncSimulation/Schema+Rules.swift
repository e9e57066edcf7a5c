import JSON
import SyncKit

extension Schema {
    /// What a record gets for the fields that it lacks.
    var defaults: Content {
        let parser = JSONParser()
        var content: Content = [:]
        for field in handler.fields {
            if let value = field.defaultValue { content[field.name] = try? parser.parse(Array(value.bytes), Value.init) }
        }
        return content
    }

    /// The fields whose values are merged by ``FieldRule/union``.
    var unions: Set<String> {
        guard case .merge(let usual, let rules) = handler.conflicts else { return [] }
        return Set(handler.fields.map(\.name).filter { rules[$0] ?? usual == .union })
    }

    /// The form in which a field's value is stored; nil if the handler leaves it as it is.
    func normalized(_ field: String, _ value: Value) -> Value? {
        guard var document = Document(json: Value.object([field: value]).description) else { return nil }
        let before = document
        handler.normalize(&document)
        guard document != before, let value = document[field] else { return nil }
        return try? JSONParser().parse(Array(value.bytes), Value.init)
    }
}
