import JSON
import SyncKit

/// The JSON of records as it goes on the wire (PROTOCOL section 1), which is also what tables keep.
enum RecordDocument {
    /// `{"id":"t1","title":"Buy milk","version":…,"createdAt":"…","updatedAt":"…"}`
    static func live(id: String, content: Document, version: Version, createdAt: Timestamp) -> [UInt8] {
        var json = opening(id)
        if !content.isEmpty {
            json.append(UInt8(ascii: ","))
            content.writeMembers(to: &json)
        }
        appendVersion(version, to: &json)
        json += ",\"createdAt\":\""
        createdAt.write(to: &json)
        appendDate(version, named: "updatedAt", to: &json)
        json += "\"}"
        return json
    }

    /// `{"id":"t1","version":…,"updatedAt":"…","deletedAt":"…"}`
    static func tombstone(id: String, version: Version) -> [UInt8] {
        var json = opening(id)
        appendVersion(version, to: &json)
        json += ",\"updatedAt\":\""
        version.timestamp.write(to: &json)
        appendDate(version, named: "deletedAt", to: &json)
        json += "\"}"
        return json
    }

    private static func opening(_ id: String) -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(256)
        json += "{\"id\":"
        JSONWriter.string(id, to: &json)
        return json
    }

    private static func appendVersion(_ version: Version, to json: inout [UInt8]) {
        json += ",\"version\":"
        JSONWriter.integer(version.value, to: &json)
    }

    private static func appendDate(_ version: Version, named name: StaticString, to json: inout [UInt8]) {
        json += "\",\""
        json += name
        json += "\":\""
        version.timestamp.write(to: &json)
    }
}

extension RecordDocument {
    /// What of a stored document is the client's.
    ///
    /// - Throws: ``StoreError/unavailable(_:)`` if the text is not a JSON object: somebody has edited the database by hand.
    static func content(of document: [UInt8]) throws -> Document {
        guard let members = JSONMembers(minified: document) else {
            throw StoreError.unavailable("A stored document is not a JSON object.")
        }
        return Schema.content(of: Document(members))
    }
}
