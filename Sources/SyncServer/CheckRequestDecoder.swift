import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Turns the body of a check into a request (docs/protocol, "Checking a device").
enum CheckRequestDecoder {
    /// `{"timestamp":"…","entities":{"tasks":{"count":3,"digest":"0123abcd"}}}`
    ///
    /// - Throws: 400 with each fault and its path.
    static func decode(_ root: JSONElement, registry: Registry) throws(RequestError) -> CheckRequest {
        guard root.kind == .object else {
            throw RequestError(.malformed, "The body must be a JSON object with 'timestamp' and 'entities'.")
        }
        var timestamp, entities: JSONElement?
        root.forEachMember { name, value in
            if name == "timestamp" { timestamp = value }
            if name == "entities" { entities = value }
        }
        var faults = FaultCollector()
        let position = timestamp.flatMap { faults.date($0, "timestamp") }
        if timestamp == nil { faults.add("timestamp", "'timestamp' is required: that of the last answer.") }
        var claims: [String: CheckRequest.Claim] = [:]
        if entities?.kind != .object { faults.add("entities", "'entities' is required and must be an object.") }
        entities?.forEachMember { name, value in
            let path = "entities.\(name)"
            guard let entity = registry.schema(for: name)?.entity.name else { return faults.add(path, "Entity '\(name)' is unknown.") }
            claims[entity] = claim(value)
            if claims[entity] == nil { faults.add(path, "'\(path)' must be an object with the number 'count' and the string 'digest'.") }
        }
        try faults.throwIfAny()
        return CheckRequest(position: Version(position?.milliseconds ?? 0), claims: claims)
    }

    private static func claim(_ element: JSONElement) -> CheckRequest.Claim? {
        var count: Int64?
        var digest: String?
        element.forEachMember { name, value in
            if name == "count" { count = value.integer }
            if name == "digest" { digest = value.string }
        }
        guard let count, let digest else { return nil }
        return CheckRequest.Claim(count: count, digest: digest.lowercased())
    }
}
