import JSON
import SyncKit
import SyncStore

/// A stored conflict as it goes on the wire: with the record as it stands, which is stored in one place alone.
struct ConflictView {
    let conflict: StoredConflict
    /// The conflict's record; nil if there is none.
    let record: StoredRecord?

    /// The members that depend on the record.
    private static let recordMembers = ["serverVersion", "serverData", "fields"]

    /// - Throws: ``StoreError/unavailable(_:)`` if the stored text is not JSON.
    func json() throws -> [UInt8] {
        var body = try conflict.bodyDocument
        let names = body.strings("fields")
        for name in Self.recordMembers { body.remove(name) }
        var json: [UInt8] = [UInt8(ascii: "{")]
        body.writeMembers(to: &json, keepingNulls: true)
        if conflict.isOpen, let record {
            json += ",\"serverVersion\":\(record.version.value)".utf8
            json += Conflict.details(record, fields: differences(names, record), client: conflict.contentDocument)
        } else if let version = conflict.serverVersion {
            json += ",\"serverVersion\":\(version.value)".utf8
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// The fields that were in question then, if the record is the same; else all on whose value the two differ.
    private func differences(_ names: [String]?, _ record: StoredRecord) -> [String] {
        let client = conflict.contentDocument
        let candidates = record.version == conflict.serverVersion ? names ?? client.names : client.names
        return candidates.filter { client[$0] != record.content[$0] }
    }
}

extension StoredConflict {
    /// What the operation wanted to be in the record.
    var contentDocument: Document { JSONMembers(minified: content).map(Document.init) ?? Document() }

    /// The members of ``body``.
    ///
    /// - Throws: ``StoreError/unavailable(_:)`` if it is not JSON: the database was edited by hand.
    var bodyDocument: Document {
        get throws {
            guard let members = JSONMembers(minified: body) else { throw StoreError.unavailable("A stored conflict is not JSON.") }
            return Document(members)
        }
    }

    /// The discarded values of a settled conflict, as the JSON of a result's `overwritten`.
    var overwritten: [UInt8]? { try? bodyDocument["overwritten"].map { Array($0.bytes) } }
}
