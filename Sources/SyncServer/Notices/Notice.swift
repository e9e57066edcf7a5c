import JSON
import SyncEngine
import SyncKit
package import SyncStore

/// That something of a user's has changed, without a word of what: `{"timestamp":"…"}`, `{"conflicts":true}`, or both.
package struct Notice: Sendable, Equatable {
    /// The version of the newest record; a device whose position is not below it has that already. Nil if no record was written.
    package private(set) var head: Version?
    /// A conflict has arisen or was settled.
    package private(set) var hasConflicts: Bool

    package init(head: Version? = nil, hasConflicts: Bool = false) {
        self.head = head
        self.hasConflicts = hasConflicts
    }

    /// - Returns: nil if nothing has changed.
    init?(_ results: [OperationResult]) {
        head = results.compactMap(\.writtenVersion).max()
        hasConflicts = results.contains { $0.conflict?.id != nil }
        if head == nil && !hasConflicts { return nil }
    }

    mutating func merge(_ other: Notice) {
        head = [head, other.head].compactMap(\.self).max()
        hasConflicts = hasConflicts || other.hasConflicts
    }

    var json: [UInt8] {
        var json: [UInt8] = Array("{".utf8)
        if let head {
            json += "\"timestamp\":\"".utf8
            head.timestamp.write(to: &json)
            json.append(UInt8(ascii: "\""))
        }
        if hasConflicts { json += (head == nil ? "\"conflicts\":true" : ",\"conflicts\":true").utf8 }
        json.append(UInt8(ascii: "}"))
        return json
    }
}

extension OperationResult {
    /// Nil if the operation has written nothing, or had before.
    fileprivate var writtenVersion: Version? {
        guard case .accepted(let acceptance) = outcome, acceptance.status != .noop, !acceptance.isDuplicate else { return nil }
        return acceptance.version
    }
}
