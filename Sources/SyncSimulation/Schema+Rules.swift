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
}
