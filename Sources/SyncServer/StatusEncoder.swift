import Crypto
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// Writes the answer to GET status (PROTOCOL section 6).
///
/// Made once, with all that is the same in every answer.
struct StatusEncoder {
    private let server: [UInt8]
    private let schemas: [Schema]
    /// `"tasks":{"schemaVersion":1,"records":`
    private let entities: [[UInt8]]

    init(epoch: String, limits: Limits, schemas: [Schema]) {
        self.schemas = schemas
        var server: [UInt8] = []
        JSONWriter.member("epoch", epoch, to: &server)
        server += ",\"limits\":{\"maxOperations\":\(limits.maxOperations),\"maxBodyBytes\":\(limits.maxBodyBytes)".utf8
        server += ",\"maxRecordBytes\":\(limits.maxRecordBytes),\"pageRecords\":\(limits.maxPageRecords)}".utf8
        self.server = server
        entities = schemas.map { schema in
            var json: [UInt8] = []
            JSONWriter.string(schema.entity.name, to: &json)
            return json + ":{\"schemaVersion\":\(schema.entity.schemaVersion),\"records\":".utf8
        }
    }

    /// Appends all members but `serverTime`, and the brace that ends the object.
    ///
    /// - Parameters:
    ///   - names: the entities that were asked for; nil for all.
    ///   - channel: the user's channel of change notices; nil if there are none.
    func write(
        _ status: SyncEngine.Status, quota: Quota, only names: Set<String>?, channel: String?, to json: inout [UInt8]
    ) {
        json += "\"timestamp\":\"".utf8
        status.head.timestamp.write(to: &json)
        json.append(UInt8(ascii: "\""))
        json += server
        write(",\"quota\":{\"records\":", status.records, to: &json)
        write(",\"bytes\":", status.bytes, to: &json)
        write(",\"maxRecords\":", quota.maxRecords, to: &json)
        write(",\"maxBytes\":", quota.maxBytes, to: &json)
        write("},\"openConflicts\":", status.openConflicts, to: &json)
        if let channel { json += ",\"notices\":\"\(channel)\"".utf8 }
        json += ",\"entities\":{".utf8
        var isFirst = true
        for (schema, start) in zip(schemas, entities) where names?.contains(schema.entity.name) ?? true {
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            json += start
            JSONWriter.integer(Int64(status.usage[schema.entity.name]?.records ?? 0), to: &json)
            json.append(UInt8(ascii: "}"))
        }
        json += "}}".utf8
    }

    private func write(_ name: StaticString, _ number: Int, to json: inout [UInt8]) {
        name.withUTF8Buffer { json.append(contentsOf: $0) }
        JSONWriter.integer(Int64(number), to: &json)
    }

    /// Weak (RFC 9110, 8.8.1), for `serverTime` is another one each time: of all that stands in the answer but that.
    static func entityTag(of content: ArraySlice<UInt8>) -> String {
        let hash = content.withUnsafeBytes { SHA256.hash(data: $0) }
        let digits = hash.prefix(9).flatMap { [JSONWriter.hexDigit($0 >> 4), JSONWriter.hexDigit($0 & 0xF)] }
        return "W/\"" + String(decoding: digits, as: UTF8.self) + "\""
    }
}
