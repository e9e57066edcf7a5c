import SyncKit
import SyncStore

/// A three-way merge of a record and an edit, field by field (PROTOCOL section 4).
struct FieldMerge {
    /// The record so far.
    private(set) var content: Document
    private(set) var overwritten: [Overwritten] = []
    private let edit: Edit
    private let server: Document
    private let writes: Writes

    init(_ edit: Edit, _ record: StoredRecord, _ writes: Writes) {
        self.edit = edit
        self.writes = writes
        server = record.content
        content = record.content
    }

    /// Merges a field on whose value the two differ. False if a person has to decide.
    mutating func take(_ field: String, by rule: FieldRule) -> Bool {
        switch writes.awareness(of: edit, field: field) {
        // Changed by this client only.
        case .seen: return set(field)
        case .claimed:
            if rule == .manual && edit.isRecognised && writes.isRecent(field, for: edit) { return false }
            return server.contains(field) || writes.fields.isChanged(field) ? replace(field) : set(field)
        case .unseen: return take(field, changedOnBothSidesBy: rule)
        }
    }

    private mutating func take(_ field: String, changedOnBothSidesBy rule: FieldRule) -> Bool {
        switch rule {
        case .manual: return false
        case .serverWins: return discard(field)
        case .clientWins: return replace(field)
        case .lastWriteWins: return takeLater(field)
        case .max: return takeOrdered(field) { $0 >= $1 }
        case .min: return takeOrdered(field) { $0 <= $1 }
        case .union: return takeUnion(field)
        }
    }

    private mutating func takeLater(_ field: String) -> Bool {
        edit.author.edited >= writes.stamp(of: field).edited ? replace(field) : discard(field)
    }

    private mutating func takeOrdered(_ field: String, _ isPreferred: (Double, Double) -> Bool) -> Bool {
        guard let (client, server) = Self.comparable(edit.content[field], server[field]) else { return takeLater(field) }
        return isPreferred(client, server) ? replace(field) : discard(field)
    }

    /// Two numbers, or two dates as milliseconds.
    private static func comparable(_ left: JSONValue?, _ right: JSONValue?) -> (Double, Double)? {
        guard let left, let right else { return nil }
        if let left = left.number, let right = right.number { return (left, right) }
        guard let left = left.date, let right = right.date else { return nil }
        return (Double(left.milliseconds), Double(right.milliseconds))
    }

    /// Keeps the strings of both sides. One that only one side has was added there or removed on the other side: without the list
    /// that the edit was made on it cannot be told, so that all of them are listed as perhaps restored.
    private mutating func takeUnion(_ field: String) -> Bool {
        guard let client = edit.content[field]?.strings, let server = server[field]?.strings else { return takeLater(field) }
        let (ofServer, ofClient) = (Set(server.map(ExactText.init)), Set(client.map(ExactText.init)))
        var added: Set<ExactText> = []
        let onlyOfClient = client.filter { !ofServer.contains(ExactText($0)) && added.insert(ExactText($0)).inserted }
        let onlyOfServer = server.filter { !ofClient.contains(ExactText($0)) }
        content.set(field, to: server + onlyOfClient)
        if !onlyOfClient.isEmpty { note(field, onlyOfClient, .server) }
        if !onlyOfServer.isEmpty {
            let restored = JSONValue(strings: onlyOfServer)
            // A short edit of a long list must not make a long answer.
            overwritten.append(
                Overwritten(name: field, value: restored.bytes.count <= Self.maxListed ? restored : edit.content[field], side: .client))
        } else if onlyOfClient.isEmpty {
            // The client's list has another order, or a string twice.
            overwritten.append(Overwritten(name: field, value: edit.content[field], side: .client))
        }
        return true
    }

    /// In bytes of JSON.
    private static let maxListed = 16_384

    private mutating func note(_ field: String, _ strings: [String], _ side: Overwritten.Side) {
        overwritten.append(Overwritten(name: field, value: JSONValue(strings: strings), side: side))
    }

    private mutating func set(_ field: String) -> Bool {
        if let value = edit.content[field] { content.set(field, to: value) } else { content.remove(field) }
        return true
    }

    private mutating func replace(_ field: String) -> Bool {
        overwritten.append(Overwritten(name: field, value: server[field], side: .server))
        return set(field)
    }

    private mutating func discard(_ field: String) -> Bool {
        overwritten.append(Overwritten(name: field, value: edit.content[field], side: .client))
        return true
    }
}
