import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Turns one element of `operations` into an operation.
struct OperationDecoder {
    let path: String
    private(set) var faults: FaultCollector

    init(path: String, faults: FaultCollector) {
        self.path = path
        self.faults = faults
    }

    /// The members of an operation that have a meaning; the rest is only echoed.
    private struct Members {
        var entity, operation, data, clientID, timestamp, opID, baseVersion, changed: JSONElement?

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
        let timestamp = members.timestamp.flatMap { faults.date($0, path + ".timestamp") }
        if members.timestamp == nil { faults.add(path + ".timestamp", "'timestamp' is required.") }
        let opID = members.opID.flatMap { faults.text($0, path + ".opId", maxBytes: 128) }
        let baseVersion = members.baseVersion.flatMap { faults.date($0, path + ".baseVersion") }
        let changed = members.changed.flatMap { names($0) }
        guard let data = members.data, let content = data.members() else {
            faults.add(path + ".data", "'data' is required and must be an object.")
            return nil
        }
        guard let entity, let kind, let client, let timestamp else { return nil }
        let document = Document(content)
        return Operation(
            entity: entity, kind: kind, data: document, nesting: data.depth, clientID: client, device: device, timestamp: timestamp,
            opID: opID, baseVersion: (baseVersion ?? document.date("version")).map { Version($0.milliseconds) },
            changed: changed, source: element.minified)
    }

    private mutating func kind(_ element: JSONElement?) -> Operation.Kind? {
        if let kind = element?.string.flatMap(Operation.Kind.init) { return kind }
        faults.add(path + ".operation", "'operation' is required and must be 'create', 'update' or 'delete'.")
        return nil
    }

    private mutating func names(_ list: JSONElement) -> Set<String>? {
        var names: Set<String> = []
        let isList = list.forEachElement { index, element in
            if let name = element.string {
                names.insert(name)
            } else {
                faults.add(path + ".changed[\(index)]", "A name in 'changed' must be a string.")
            }
        }
        if !isList { faults.add(path + ".changed", "'changed' must be an array of names.") }
        return names
    }
}
