/// One operation of a test's request, as JSON.
package struct TestOperation {
    package let json: String

    /// - Parameters:
    ///   - data: the members of `data`, without braces: `#""id":"t1","title":"A""#`
    ///   - members: further members of the operation: `#""baseVersion":7"#`
    package init(
        _ operation: String, _ entity: String, _ data: String, by client: String = "laptop", at timestamp: String? = nil,
        _ members: [String] = []
    ) {
        let fixed = """
            "entity":"\(entity)","operation":"\(operation)","data":{\(data)},"clientId":"\(client)","timestamp":"\(timestamp ?? "2026-11-20T10:00:00.000Z")"
            """
        json = "{\(([fixed] + members).joined(separator: ","))}"
    }

    package static func create(
        _ entity: String, _ data: String, by client: String = "laptop", at timestamp: String? = nil, _ members: String...
    ) -> Self {
        Self("create", entity, data, by: client, at: timestamp, members)
    }

    package static func update(
        _ entity: String, _ data: String, by client: String = "laptop", at timestamp: String? = nil, _ members: String...
    ) -> Self {
        Self("update", entity, data, by: client, at: timestamp, members)
    }

    package static func delete(
        _ entity: String, _ id: String, by client: String = "laptop", at timestamp: String? = nil, _ members: String...
    ) -> Self {
        Self("delete", entity, "\"id\":\"\(id)\"", by: client, at: timestamp, members)
    }
}
