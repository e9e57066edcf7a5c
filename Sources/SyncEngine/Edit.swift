import SyncKit
import SyncStore

/// An operation, as far as the decision is concerned.
struct Edit {
    let kind: Operation.Kind
    /// What the client wants to be in the record; empty for a delete.
    let content: Document
    let author: Author
    /// How far its client had seen the record's writes.
    let horizon: Horizon
    /// Whether the client has a name that it has used before: a write under another name is another client's then, and not
    /// perhaps its own under a fresh name.
    var isRecognised = false
    /// The client knows of the tombstone that it creates over: it names its version, its own request has made it, or an earlier one.
    let knowsTombstone: Bool
}

/// Who wrote a record before the request that is being carried out: a request never conflicts with its own writes, even if
/// they name other clients (PROTOCOL section 4).
struct Writes: Equatable {
    let record: Stamp
    let fields: FieldStamps

    init(record: Stamp, fields: FieldStamps) {
        self.record = record
        self.fields = fields
    }

    init(of record: StoredRecord) { self.init(record: record.stamp, fields: record.fieldStamps) }

    /// How much of the writes to the record the edit's client had seen.
    ///
    /// - Parameter names: the record's fields that the edit changes.
    func awareness(of edit: Edit, changing names: @autoclosure () -> [String]) -> Horizon.Awareness {
        let ofRecord = edit.horizon.awareness(of: record, client: edit.author.client)
        guard edit.horizon.isKnown(record.version) else { return ofRecord }
        // The client's own write may hide an earlier one of another client; in the fields it shows.
        return names().reduce(ofRecord) { max($0, awareness(of: edit, field: $1)) }
    }

    func stamp(of field: String) -> Stamp { fields.stamp(of: field, record: record) }

    /// How much of the writes to this field the edit's client had seen.
    func awareness(of edit: Edit, field: String) -> Horizon.Awareness {
        edit.horizon.awareness(of: stamp(of: field), client: edit.author.client)
    }

    /// Whether the field was written so shortly before the edit, or after it, that a client whose claim is worth nothing has hardly
    /// seen it. Clocks differ, so that it is a matter of minutes.
    func isRecent(_ field: String, for edit: Edit) -> Bool {
        // A client may send any number for its time; a version is never far from the clock.
        stamp(of: field).version.value + Self.skew > edit.author.edited.milliseconds
    }

    /// In milliseconds.
    private static let skew: Int64 = 600_000
}
