import Crypto
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Writes the answer to GET status (PROTOCOL section 6).
struct StatusEncoder {
    /// Weak (RFC 9110, 8.8.1), for `serverTime` is another one each time: of all that stands in the answer but that.
    let entityTag: String
    /// All members but `serverTime`.
    private let content: [UInt8]

    init(status: SyncEngine.Status, quota: Quota, limits: Limits, schemas: [Schema], epoch: String) {
        content = Self.content(status, quota, limits, schemas, epoch)
        let hash = SHA256.hash(data: content).prefix(9).map { byte in byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16) }
        entityTag = "W/\"\(hash.joined())\""
    }

    func write(serverTime: Timestamp, to json: inout [UInt8]) {
        json += "{\"serverTime\":\"".utf8
        serverTime.write(to: &json)
        json += "\",".utf8
        json += content
        json.append(UInt8(ascii: "}"))
    }

    private static func content(
        _ status: SyncEngine.Status, _ quota: Quota, _ limits: Limits, _ schemas: [Schema], _ epoch: String
    ) -> [UInt8] {
        var json = Array("\"timestamp\":\"".utf8)
        status.head.timestamp.write(to: &json)
        json.append(UInt8(ascii: "\""))
        JSONWriter.member("epoch", epoch, to: &json)
        write(
            "limits",
            [
                ("maxOperations", limits.maxOperations), ("maxBodyBytes", limits.maxBodyBytes), ("maxRecordBytes", limits.maxRecordBytes),
                ("pageRecords", limits.maxPageRecords),
            ], to: &json)
        write(
            "quota",
            [
                ("records", status.records), ("bytes", status.bytes), ("maxRecords", quota.maxRecords), ("maxBytes", quota.maxBytes),
            ], to: &json)
        json += ",\"openConflicts\":\(status.openConflicts),\"entities\":{".utf8
        for (index, schema) in schemas.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            JSONWriter.string(schema.entity.name, to: &json)
            let records = status.usage[schema.entity.name]?.records ?? 0
            json += ":{\"schemaVersion\":\(schema.entity.schemaVersion),\"records\":\(records)}".utf8
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    private static func write(_ name: String, _ numbers: [(String, Int)], to json: inout [UInt8]) {
        json += ",\"\(name)\":{".utf8
        json += numbers.map { "\"\($0)\":\($1)" }.joined(separator: ",").utf8
        json.append(UInt8(ascii: "}"))
    }
}
