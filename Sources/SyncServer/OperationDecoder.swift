import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Turns one element of `operations` into an operation.
struct OperationDecoder {
    let path: String
    private let registry: Registry
    private(set) var faults: FaultCollector
    /// The faults of this operation that leave the rest of the request as it is: one bad date must not hold up a whole queue.
    private var ownFaults: [ValidationError.Fault] = []

    init(path: String, registry: Registry, faults: FaultCollector) {
        self.path = path
        self.registry = registry
        self.faults = faults
    }

    /// The members of an operation that have a meaning; the rest is only echoed.
    private struct Members {
        var entity, operation, data, clientID, timestamp, opID, follows, baseVersion, changed: JSONElement?

        init(_ element: JSONElement) {
            element.forEachMember { name, value in
                let value = value.kind == .null ? nil : value
                switch name {
                case "entity": entity = value
                case "operation": operation = value
                case "data": data = value
                case "clientId": clientID = value
                case "timestamp": timestamp = value
                case "opId": opID = value
                case "follows": follows = value
                case "baseVersion": baseVersion = value
                case "changed": changed = value
                default: break
                }
            }
        }
    }

    /// Nil if something is wrong; the faults say what.
    mutating func operation(_ element: JSONElement, device: String?) -> Operation? {
        guard element.kind == .object else {
            faults.add(path, "An operation must be an object.")
            return nil
        }
        let members = Members(element)
        let entity = faults.requiredText(members.entity, path + ".entity")
        let kind = kind(members.operation)
        let client = faults.requiredText(members.clientID, path + ".clientId")
        let timestamp = date(members.timestamp, "timestamp")
        if members.timestamp == nil { ownFaults.append(ValidationError.Fault(path: "timestamp", message: "'timestamp' is required.")) }
        let opID = members.opID.flatMap { faults.text($0, path + ".opId", maxBytes: 128) }
        let follows = members.follows.flatMap { faults.text($0, path + ".follows", maxBytes: 128) }
        let baseVersion = date(members.baseVersion, "baseVersion")
        let changed = members.changed.flatMap { names($0) }
        guard let data = members.data, let content = data.members() else {
            faults.add(path + ".data", "'data' is required and must be an object.")
            return nil
        }
        guard let entity, let kind, let client else { return nil }
        let document = Document(content)
        // A record that the client made has no version yet, and some clients say 0 then.
        let version = document.date("version").flatMap { $0.milliseconds > 0 ? $0 : nil }
        return Operation(
            entity: registry.schema(for: entity)?.entity.name ?? entity, kind: kind, data: document, nesting: data.depth, clientID: client,
            device: device, timestamp: timestamp ?? Timestamp(milliseconds: 0), opID: opID, follows: follows,
            baseVersion: (baseVersion ?? version).map { Version($0.milliseconds) }, sendsVersion: document.contains("version"),
            changed: changed, faults: ownFaults, source: element.minified)
    }

    private mutating func date(_ element: JSONElement?, _ name: String) -> Timestamp? {
        guard let element else { return nil }
        if let date = FaultCollector.date(element) { return date }
        ownFaults.append(ValidationError.Fault(path: name, message: "'\(name)' must be \(FaultCollector.dateForm)."))
        return nil
    }

    private mutating func kind(_ element: JSONElement?) -> Operation.Kind? {
        if let kind = element?.string.flatMap(Operation.Kind.init) { return kind }
        faults.add(path + ".operation", "'operation' is required and must be 'create', 'update' or 'delete'.")
        return nil
    }

    private mutating func names(_ list: JSONElement) -> Set<ExactText>? {
        var names: Set<ExactText> = []
        let isList = list.forEachElement { index, element in
            if let name = element.string {
                names.insert(ExactText(name))
            } else {
                faults.add(path + ".changed[\(index)]", "A name in 'changed' must be a string.")
            }
        }
        if !isList { faults.add(path + ".changed", "'changed' must be an array of names.") }
        return names
    }
}
