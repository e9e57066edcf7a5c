import SyncKit
import SyncStore

/// The room that an answer has for the records and values which explain its conflicts (PROTOCOL section 4).
///
/// Without a bound, a hundred short operations on one long record would make a hundred copies of it. With the echoed
/// operations of a body of 1 MiB, and a page of 1 MiB, an answer stays below 4 MiB.
struct AnswerRoom {
    private var bytes = 3 << 19
    /// The records that the answer has.
    private var records: Set<OwnWrites.Key> = []

    /// Makes a conflict ready to be sent: with the record, unless the answer has it, and the values, as far as there is room.
    mutating func complete(_ conflict: inout Conflict, of key: OwnWrites.Key, client: Document) {
        guard let record = conflict.server else { return }
        conflict.server = nil
        conflict.serverVersion = record.version
        // The values that differ are some of both sides'.
        let hasRecord = records.contains(key)
        guard (hasRecord ? 0 : record.document.count) < bytes else { return }
        let details = Conflict.details(record, includingRecord: !hasRecord, fields: conflict.fields, client: client)
        if details.count <= bytes {
            conflict.details = details
        } else if !hasRecord {
            conflict.details = Conflict.details(record, fields: [], client: client)
        }
        bytes -= conflict.details.count
        if !conflict.details.isEmpty { records.insert(key) }
    }

    /// Leaves the discarded values out of a result if there is no room for them.
    mutating func complete(_ acceptance: inout Acceptance) {
        guard !acceptance.overwritten.isEmpty else { return }
        if acceptance.overwritten.count > bytes { acceptance.overwritten = acceptance.overwrittenNames }
        acceptance.overwrittenNames = []
        bytes -= min(bytes, acceptance.overwritten.count)
    }
}
