import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Writes the answers of bulk, changes and check (PROTOCOL sections 1 to 3).
struct SyncAnswerEncoder {
    private let epoch: String
    private let serverTime: Timestamp

    init(_ engine: SyncEngine) {
        epoch = engine.store.epoch
        serverTime = engine.currentTime()
    }

    func write(_ answer: SyncAnswer, to json: inout [UInt8]) {
        json += (answer.success ? "{\"success\":true,\"timestamp\":\"" : "{\"success\":false,\"timestamp\":\"") as StaticString
        answer.page.position.timestamp.write(to: &json)
        json += "\",\"conflicts\":["
        writeConflicts(of: answer.results, to: &json)
        json += "],\"serverChanges\":["
        json += answer.page.changes
        json += "],\"results\":["
        for (index, result) in answer.results.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            result.write(to: &json)
        }
        json.append(UInt8(ascii: "]"))
        writePosition(of: answer.page, to: &json)
        writeServer(to: &json)
        json.append(UInt8(ascii: "}"))
    }

    private func writeConflicts(of results: [OperationResult], to json: inout [UInt8]) {
        var isFirst = true
        for result in results {
            guard let conflict = result.conflict else { continue }
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            conflict.write(result.operation, index: result.index, to: &json)
        }
    }

    private func writePosition(of page: Page, to json: inout [UInt8]) {
        JSONWriter.member("cursor", page.cursor, to: &json)
        json += (page.hasMore ? ",\"hasMore\":true" : ",\"hasMore\":false") as StaticString
        guard let reason = page.resetReason else { return }
        json += ",\"reset\":true"
        JSONWriter.member("resetReason", reason, to: &json)
    }

    private func writeServer(to json: inout [UInt8]) {
        JSONWriter.member("epoch", epoch, to: &json)
        json += ",\"serverTime\":\""
        serverTime.write(to: &json)
        json.append(UInt8(ascii: "\""))
    }

    /// The page stands there only if something does not match: a device that is behind must not take its cursor for its own.
    func write(_ answer: CheckAnswer, to json: inout [UInt8]) {
        json += "{\"upToDate\":\(answer.isUpToDate),\"entities\":{".utf8
        for (index, finding) in answer.findings.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            JSONWriter.string(finding.entity, to: &json)
            json += ":{\"count\":\(finding.count),\"digest\":\"\(finding.digest)\",\"matches\":\(finding.matches)}".utf8
        }
        json += "},\"mismatched\":["
        for (index, name) in answer.mismatched.sorted().enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            JSONWriter.string(name, to: &json)
        }
        json += "],\"serverChanges\":["
        if !answer.mismatched.isEmpty {
            json += answer.page.changes
            json += "],\"timestamp\":\""
            answer.page.position.timestamp.write(to: &json)
            json.append(UInt8(ascii: "\""))
            writePosition(of: answer.page, to: &json)
        } else {
            json.append(UInt8(ascii: "]"))
        }
        writeServer(to: &json)
        json.append(UInt8(ascii: "}"))
    }
}
