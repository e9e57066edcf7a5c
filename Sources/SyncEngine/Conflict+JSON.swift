import JSON
package import SyncKit
import SyncStore

extension Conflict {
    /// The names that a conflict adds to the operation; they win over what the client sent under them.
    private static let addedNames: Set<String> = [
        "index", "conflictId", "type", "message", "policy", "resolution", "serverVersion", "serverData", "fields", "constraint", "errors",
        "overwritten",
    ]

    /// Appends the client's own operation, every member as sent, and what is known about its failure (PROTOCOL section 4).
    ///
    /// - Parameter index: where the operation stands in its request; nil for a conflict that is kept.
    package func write(_ operation: Operation, index: Int?, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "{"))
        let start = json.count
        Self.echo(operation, to: &json)
        if let index { json += "\(json.count > start ? "," : "")\"index\":\(index)".utf8 }
        if let id { JSONWriter.member("conflictId", id, to: &json) }
        JSONWriter.member("type", kind.rawValue, to: &json)
        JSONWriter.member("message", message, to: &json)
        if let policy { JSONWriter.member("policy", policy.name, to: &json) }
        JSONWriter.member("resolution", resolution.rawValue, to: &json)
        if let serverVersion { json += ",\"serverVersion\":\(serverVersion.value)".utf8 }
        json += details
        if let violation {
            json += ",\"constraint\":"
            Self.write(violation, to: &json)
        }
        if !faults.isEmpty {
            json += ",\"errors\":"
            FaultList.write(faults, to: &json)
        }
        json.append(UInt8(ascii: "}"))
    }

    private static func echo(_ operation: Operation, to json: inout [UInt8]) {
        guard let members = JSONMembers(minified: operation.source) else { return }
        var echo = Document(members)
        echo.removeMembers(where: addedNames.contains)
        echo.writeMembers(to: &json, keepingNulls: true)
    }

    /// What a stored conflict has in the place of ``details``: the names of the fields.
    static func fieldNames(_ fields: [String]) -> [UInt8] {
        fields.isEmpty ? [] : Array(",\"fields\":".utf8) + JSONValue(strings: fields).bytes
    }

    /// The members that hold the record as it stands, `,"serverData":{…}`, and the values that differ, `,"fields":[…]`.
    static func details(_ record: StoredRecord, includingRecord: Bool = true, fields: [String], client: Document) -> [UInt8] {
        var json: [UInt8] = []
        if includingRecord {
            json += ",\"serverData\":".utf8
            json += record.document
        }
        if !fields.isEmpty {
            json += ",\"fields\":".utf8
            writeDifferences(fields, client: client, server: record.content, to: &json)
        }
        return json
    }

    /// `{"rule":"unique(url)","id":"b1"}`
    static func write(_ violation: UniqueViolation, to json: inout [UInt8]) {
        json += "{\"rule\":"
        JSONWriter.string(violation.rule.name, to: &json)
        JSONWriter.member("id", violation.holder, to: &json)
        json.append(UInt8(ascii: "}"))
    }

    /// `[{"name":"title","client":"A","server":"B"}]`
    static func writeDifferences(_ fields: [String], client: Document, server: Document?, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "["))
        for (index, name) in fields.enumerated() {
            json += index == 0 ? "{\"name\":".utf8 : ",{\"name\":".utf8
            JSONWriter.string(name, to: &json)
            json += ",\"client\":"
            json += client[name]?.bytes ?? JSONValue.null.bytes
            json += ",\"server\":"
            json += server?[name]?.bytes ?? JSONValue.null.bytes
            json.append(UInt8(ascii: "}"))
        }
        json.append(UInt8(ascii: "]"))
    }

    /// What is kept of an operation that went through, but for what a policy discarded: `{…,"overwritten":[…]}`.
    static func settledBody(_ operation: Operation, id: String, policy: ConflictPolicy, acceptance: Acceptance) -> [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "{")]
        echo(operation, to: &json)
        JSONWriter.member("conflictId", id, to: &json)
        JSONWriter.member("type", Kind.stale.rawValue, to: &json)
        JSONWriter.member("message", "Both sides changed the record, and the policy has chosen.", to: &json)
        JSONWriter.member("policy", policy.name, to: &json)
        JSONWriter.member("resolution", Resolution.none.rawValue, to: &json)
        if let version = acceptance.version { json += ",\"serverVersion\":\(version.value)".utf8 }
        json += ",\"overwritten\":"
        json += acceptance.overwritten
        json.append(UInt8(ascii: "}"))
        return json
    }
}

extension OperationResult {
    /// Appends `{"index":0,"entity":"tasks","id":"t1","status":"applied","version":1795000000000}` (PROTOCOL section 3).
    package func write(to json: inout [UInt8]) {
        json += "{\"index\":"
        JSONWriter.integer(Int64(index), to: &json)
        if let opID = operation.opID { JSONWriter.member("opId", opID, to: &json) }
        JSONWriter.member("entity", operation.entity, to: &json)
        if let id { JSONWriter.member("id", id, to: &json) }
        switch outcome {
        case .accepted(let acceptance): acceptance.write(to: &json)
        case .conflict: json += ",\"status\":\"conflict\""
        case .rejected: json += ",\"status\":\"rejected\""
        }
        json.append(UInt8(ascii: "}"))
    }
}

extension Acceptance {
    func write(to json: inout [UInt8]) {
        json += ",\"status\":\""
        status.name.withUTF8Buffer { json.append(contentsOf: $0) }
        json.append(UInt8(ascii: "\""))
        if let version {
            json += ",\"version\":"
            JSONWriter.integer(version.value, to: &json)
        }
        if isDuplicate { json += ",\"duplicate\":true" }
        if !overwritten.isEmpty {
            json += ",\"overwritten\":"
            json += overwritten
        }
    }
}

/// `[{"path":"operations[3].timestamp","message":"…"}]`
package enum FaultList {
    package static func write(_ faults: [ValidationError.Fault], to json: inout [UInt8]) {
        json.append(UInt8(ascii: "["))
        for (index, fault) in faults.enumerated() {
            json += index == 0 ? "{\"path\":".utf8 : ",{\"path\":".utf8
            JSONWriter.string(fault.path, to: &json)
            JSONWriter.member("message", fault.message, to: &json)
            json.append(UInt8(ascii: "}"))
        }
        json.append(UInt8(ascii: "]"))
    }
}
