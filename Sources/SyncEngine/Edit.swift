import SyncKit
import SyncStore

/// An operation, as far as the decision is concerned.
struct Edit {
    let kind: Operation.Kind
    /// What the client wants to be in the record; empty for a delete.
    let content: Document
    let author: Author
    /// The version that its client had seen: what others wrote later is concurrent.
    let base: Version
    /// It was refused before and comes again, perhaps only because the network kept a copy: what its client itself wrote
    /// since is newer than this edit, and concurrent like anybody else's.
    var isRetry = false
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
    func areConcurrent(to edit: Edit) -> Bool { newestVersion(record, besides: edit) > edit.base }

    func stamp(of field: String) -> Stamp { fields.stamp(of: field, record: record) }

    /// Whether anybody else has written this field since the edit's base.
    func areConcurrent(to edit: Edit, field: String) -> Bool { newestVersion(stamp(of: field), besides: edit) > edit.base }

    private func newestVersion(_ stamp: Stamp, besides edit: Edit) -> Version {
        edit.isRetry ? stamp.version : stamp.newestVersion(notBy: edit.author.client)
    }
}
