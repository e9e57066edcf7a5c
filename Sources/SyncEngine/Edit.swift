import SyncKit
import SyncStore

/// An operation, as far as the decision is concerned.
struct Edit {
    let kind: Operation.Kind
    /// What the client wants to be in the record; empty for a delete.
    let content: Document
    let author: Author
    let base: Base
    /// The client knows of the tombstone that it creates over: it names its version, or its own request has made it.
    let knowsTombstone: Bool
}

/// Who wrote a record before the request that is being carried out: the request's own writes are nobody else's, whatever
/// client they name (PROTOCOL section 4).
struct Writes: Equatable {
    let record: Stamp
    let fields: FieldStamps

    init(record: Stamp, fields: FieldStamps) {
        self.record = record
        self.fields = fields
    }

    init(of record: StoredRecord) { self.init(record: record.stamp, fields: record.fieldStamps) }

    /// Whether anybody else has written the record since the edit's base.
    func areConcurrent(to edit: Edit) -> Bool { record.newestVersion(notBy: edit.author.client) > edit.base.version }

    func stamp(of field: String) -> Stamp { fields.stamp(of: field, record: record) }

    /// Whether anybody else has written this field since the edit's base.
    func areConcurrent(to edit: Edit, field: String) -> Bool { newestVersion(of: field, notBy: edit.author) > edit.base.version }

    /// Whether the edit's client may not know what anybody else has written into this field.
    func mayBeUnseen(by edit: Edit, field: String) -> Bool { edit.base.isUnsure && newestVersion(of: field, notBy: edit.author) > .zero }

    private func newestVersion(of field: String, notBy author: Author) -> Version { stamp(of: field).newestVersion(notBy: author.client) }
}
