import SyncKit
import SyncStore

/// Stores the content that was decided on: completed, checked as a whole and within the limits.
struct RecordWriter {
    let limits: Limits
    let quota: Quota

    /// - Parameter isChecked: whether each member has passed the schema's checks; see `Schema.completed`.
    /// - Throws: `ValidationError`, ``LimitError`` or `UniqueViolation`; nothing is written then. What the database throws.
    func put(
        _ content: Document, id: String, _ schema: Schema, over record: StoredRecord?, by author: Author, isChecked: Bool = true,
        in transaction: inout WriteTransaction
    ) throws -> StoredRecord {
        let completed = try schema.completed(content, isChecked: isChecked)
        try checkLimits(completed, over: record, transaction.usage)
        let stored = try transaction.put(completed, id: id, of: schema.entity, over: record, by: author)
        if record == nil { try transaction.openGrave(id, of: schema.entity) }
        return stored
    }

    private func checkLimits(_ content: Document, over record: StoredRecord?, _ usage: (records: Int, bytes: Int)) throws {
        let size = content.byteCount
        guard size <= limits.maxRecordBytes else { throw LimitError.recordTooLarge(maxBytes: limits.maxRecordBytes) }
        let live = record.flatMap { $0.isDeleted ? nil : $0 }
        if live == nil, usage.records >= quota.maxRecords { throw LimitError.tooManyRecords(maximum: quota.maxRecords) }
        // What makes a record smaller is allowed however much there is.
        let growth = size - (live?.content.byteCount ?? 0)
        if growth > 0, usage.bytes + growth > quota.maxBytes { throw LimitError.tooManyBytes(maximum: quota.maxBytes) }
    }
}

/// A record that is valid, and more than there is room for.
enum LimitError: Error, Equatable {
    case recordTooLarge(maxBytes: Int)
    case tooManyRecords(maximum: Int)
    case tooManyBytes(maximum: Int)
}
