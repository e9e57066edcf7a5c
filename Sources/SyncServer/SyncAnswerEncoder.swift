import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Writes answers as PROTOCOL sections 1, 3 and 4 have them.
struct SyncAnswerEncoder {
    let epoch: String
    let serverTime: Timestamp

    func write(_ answer: SyncAnswer, to json: inout [UInt8]) {
        json += "{\"success\":\(answer.success),\"timestamp\":\"".utf8
        answer.page.position.timestamp.write(to: &json)
        json += "\",\"conflicts\":[".utf8
        writeList(answer.results.filter { $0.conflict != nil }, to: &json, element: Self.writeConflict)
        json += "],\"serverChanges\":[".utf8
        json += answer.page.changes
        json += "],\"results\":[".utf8
        writeList(answer.results, to: &json, element: Self.writeResult)
        json += "],\"cursor\":\"\(answer.page.cursor)\",\"hasMore\":\(answer.page.hasMore)".utf8
        if let reason = answer.page.resetReason {
            json += ",\"reset\":true,\"resetReason\":\"\(reason)\"".utf8
        }
        json += ",\"epoch\":\"\(epoch)\",\"serverTime\":\"".utf8
        serverTime.write(to: &json)
        json += "\"}".utf8
    }

    private func writeList<Element>(
        _ elements: [Element], to json: inout [UInt8], element write: (Element, inout [UInt8]) -> Void
    ) {
        for (index, element) in elements.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            write(element, &json)
        }
    }

    /// `{"index":0,"entity":"tasks","id":"t1","status":"applied","version":1795000000000}`
    private static func writeResult(_ result: OperationResult, to json: inout [UInt8]) {
        json += "{\"index\":\(result.index)".utf8
        if let opID = result.operation.opID { writeMember("opId", opID, to: &json) }
        writeMember("entity", result.operation.entity, to: &json)
        if let id = result.id { writeMember("id", id, to: &json) }
        let (status, version) = statusAndVersion(result.outcome)
        writeMember("status", status, to: &json)
        if let version { json += ",\"version\":\(version.value)".utf8 }
        json.append(UInt8(ascii: "}"))
    }

    private static func statusAndVersion(_ outcome: OperationResult.Outcome) -> (String, Version?) {
        switch outcome {
        case .applied(let version): ("applied", version)
        case .noop(let version): ("noop", version)
        case .conflict: ("conflict", nil)
        case .rejected: ("rejected", nil)
        }
    }

    /// The names that a conflict adds to the operation; they win over what the client sent under them.
    private static let addedNames: Set<String> = [
        "index", "type", "message", "policy", "resolution", "serverVersion", "serverData", "fields", "constraint", "errors",
    ]

    /// The client's own operation, every member as sent, and what is known about its failure.
    private static func writeConflict(_ result: OperationResult, to json: inout [UInt8]) {
        guard let conflict = result.conflict else { return }
        var echo = result.operation.source
        echo.removeMembers(where: addedNames.contains)
        json.append(UInt8(ascii: "{"))
        echo.writeMembers(to: &json, keepingNulls: true)
        json += ",\"index\":\(result.index)".utf8
        writeMember("type", conflict.kind.rawValue, to: &json)
        writeMember("message", conflict.message, to: &json)
        if let policy = conflict.policy { writeMember("policy", policy.rawValue, to: &json) }
        writeMember("resolution", conflict.resolution.rawValue, to: &json)
        if let server = conflict.server {
            json += ",\"serverVersion\":\(server.stamp.version.value),\"serverData\":".utf8
            json += server.document
        }
        writeDifferences(conflict, of: result.operation, to: &json)
        writeConstraint(conflict, to: &json)
        if !conflict.faults.isEmpty {
            json += ",\"errors\":".utf8
            FaultList.write(conflict.faults, to: &json)
        }
        json.append(UInt8(ascii: "}"))
    }

    /// `"fields":[{"name":"title","client":"A","server":"B"}]`
    private static func writeDifferences(_ conflict: Conflict, of operation: Operation, to json: inout [UInt8]) {
        guard !conflict.fields.isEmpty else { return }
        json += ",\"fields\":[".utf8
        for (index, name) in conflict.fields.enumerated() {
            json += index == 0 ? "{\"name\":".utf8 : ",{\"name\":".utf8
            JSONWriter.string(name, to: &json)
            json += ",\"client\":".utf8
            json += operation.data[name]?.bytes ?? Self.null
            json += ",\"server\":".utf8
            json += conflict.server?.content[name]?.bytes ?? Self.null
            json.append(UInt8(ascii: "}"))
        }
        json.append(UInt8(ascii: "]"))
    }

    private static let null = Array("null".utf8)[...]

    /// `"constraint":{"rule":"unique(url)","id":"b1"}`
    private static func writeConstraint(_ conflict: Conflict, to json: inout [UInt8]) {
        guard let violation = conflict.violation else { return }
        json += ",\"constraint\":{\"rule\":".utf8
        JSONWriter.string("unique(\(violation.rule.fields.joined(separator: ",")))", to: &json)
        writeMember("id", violation.holder, to: &json)
        json.append(UInt8(ascii: "}"))
    }

    private static func writeMember(_ name: StaticString, _ value: String, to json: inout [UInt8]) {
        json += ",\"\(name)\":".utf8
        JSONWriter.string(value, to: &json)
    }
}
