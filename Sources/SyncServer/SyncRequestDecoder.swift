import HTTP
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Turns the body of a bulk, or the query of a GET, into a request, and names everything that is wrong with it at once
/// (PROTOCOL sections 1, 3 and 7).
struct SyncRequestDecoder {
    private let limits: Limits
    private let registry: Registry
    private var faults = FaultCollector()

    /// - Throws: 400 with each fault of the envelope and its path, at most 20.
    static func decode(_ root: JSONElement, limits: Limits, registry: Registry) throws(RequestError) -> SyncRequest {
        guard root.kind == .object else {
            throw RequestError(.malformed, "The body must be a JSON object with 'operations'.")
        }
        var decoder = SyncRequestDecoder(limits: limits, registry: registry)
        let request = decoder.request(Envelope(root))
        try decoder.faults.throwIfAny()
        return request
    }

    /// - Throws: 400 with each parameter that is wrong.
    static func decode(_ query: Query, limits: Limits, registry: Registry) throws(RequestError) -> SyncRequest {
        var decoder = SyncRequestDecoder(limits: limits, registry: registry)
        let request = decoder.request(query)
        try decoder.faults.throwIfAny()
        return request
    }

    /// The entities that a query names; nil for all.
    static func entities(in query: Query, limits: Limits, registry: Registry) throws(RequestError) -> Set<String>? {
        var decoder = SyncRequestDecoder(limits: limits, registry: registry)
        let entities = query["entities"].flatMap { names in decoder.entities(names.split(separator: ",").map(String.init)) }
        try decoder.faults.throwIfAny()
        return entities
    }

    private init(limits: Limits, registry: Registry) {
        self.limits = limits
        self.registry = registry
    }

    // MARK: - The body of a bulk

    /// The members of a bulk that have a meaning; of two with one name the last one counts, and null is none.
    private struct Envelope {
        var operations: JSONElement?
        var lastSyncTimestamp: JSONElement?
        var cursor: JSONElement?
        var entities: JSONElement?
        var limit: JSONElement?
        var deviceID: JSONElement?

        init(_ root: JSONElement) {
            root.forEachMember { name, value in
                let value = value.kind == .null ? nil : value
                switch name {
                case "operations": operations = value
                case "lastSyncTimestamp": lastSyncTimestamp = value
                case "cursor": cursor = value
                case "entities": entities = value
                case "limit": limit = value
                case "deviceId": deviceID = value
                default: break
                }
            }
        }
    }

    private mutating func request(_ envelope: Envelope) -> SyncRequest {
        let device = envelope.deviceID.flatMap { faults.text($0, "deviceId", maxBytes: 255) }
        let request = SyncRequest(
            operations: operations(envelope.operations, device: device),
            position: position(cursor: envelope.cursor, timestamp: envelope.lastSyncTimestamp),
            entities: envelope.entities.flatMap { entities($0) },
            limit: envelope.limit.flatMap { element in limit(element.integer) }, hasDevice: device != nil)
        checkFilter(request)
        return request
    }

    private mutating func operations(_ list: JSONElement?, device: String?) -> [Operation] {
        guard let list, list.kind == .array else {
            faults.add("operations", "'operations' is required and must be an array.")
            return []
        }
        // Those beyond the limit come back one by one; a request with far more is no queue of any client.
        let most = limits.maxOperations * Self.toleratedExcess
        guard let count = list.count, count <= most else {
            faults.add(
                "operations", "A request may have at most \(limits.maxOperations) operations, and no more than \(most) are looked at.")
            return []
        }
        var operations: [Operation] = []
        operations.reserveCapacity(count)
        _ = list.forEachElement { index, element in
            var decoder = OperationDecoder(path: "operations[\(index)]", registry: registry, faults: faults)
            if let operation = decoder.operation(element, device: device) { operations.append(operation) }
            faults = decoder.faults
        }
        return operations
    }

    private static let toleratedExcess = 20

    private mutating func position(cursor: JSONElement?, timestamp: JSONElement?) -> SyncRequest.Position {
        let since = timestamp.flatMap { faults.date($0, "lastSyncTimestamp") }
        if let cursor {
            guard let text = cursor.string else {
                faults.add("cursor", "'cursor' must be a string.")
                return .start
            }
            return .cursor(text)
        }
        return Self.position(since)
    }

    /// 0 is a first sync, as a missing timestamp is.
    private static func position(_ since: Timestamp?) -> SyncRequest.Position {
        since.flatMap { $0.milliseconds == 0 ? nil : .version(Version($0.milliseconds)) } ?? .start
    }

    private mutating func entities(_ list: JSONElement) -> Set<String>? {
        var names: [String?] = []
        guard list.forEachElement({ _, element in names.append(element.string) }) else {
            faults.add("entities", "'entities' must be an array of names.")
            return nil
        }
        return entities(names)
    }

    // MARK: - A query

    private mutating func request(_ query: Query) -> SyncRequest {
        let since = query["since"].flatMap { text in
            let date = Int64(text).map(Timestamp.init(milliseconds:)) ?? Timestamp(iso8601: text.utf8)
            if date == nil { faults.add("since", "'since' must be \(FaultCollector.dateForm).") }
            return date
        }
        let request = SyncRequest(
            position: query["cursor"].map { .cursor($0) } ?? Self.position(since),
            entities: query["entities"].flatMap { names in entities(names.split(separator: ",").map(String.init)) },
            limit: query["limit"].flatMap { text in limit(Int64(text)) })
        checkFilter(request)
        return request
    }

    // MARK: - Both

    private mutating func entities(_ names: [String?]) -> Set<String>? {
        for (index, name) in names.enumerated() where name.flatMap(registry.schema(for:)) == nil {
            faults.add("entities[\(index)]", name.map { "Entity '\($0)' is unknown." } ?? "An entity's name must be a string.")
        }
        return Set(names.compactMap { $0.flatMap(registry.schema(for:))?.entity.name })
    }

    private mutating func limit(_ number: Int64?) -> Int? {
        guard let number, number >= 1 else {
            faults.add("limit", "'limit' must be a whole number from 1 on; more than \(limits.maxPageRecords) counts as that.")
            return nil
        }
        return Int(min(number, Int64(limits.maxPageRecords)))
    }

    /// A timestamp does not say which entities it was a position for, so that a filter needs a cursor (PROTOCOL section 2).
    private mutating func checkFilter(_ request: SyncRequest) {
        if request.entities != nil, case .version = request.position {
            faults.add("entities", "'entities' needs 'cursor', or a first sync: a timestamp alone is a position among all entities.")
        }
    }
}
