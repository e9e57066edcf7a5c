package import SyncStore

/// A client's turn: its edits, and the place in the feed from where it wants everybody else's.
package struct SyncRequest: Sendable {
    package var operations: [Operation]
    package var position: Position
    /// The entities that the client wants changes of; nil for all.
    package var entities: Set<String>?
    /// The number of records that the page may have; nil for the usual one.
    package var limit: Int?
    /// Whether the client names its device: it knows of cursors then.
    package var hasDevice: Bool

    package init(
        operations: [Operation] = [], position: Position = .start, entities: Set<String>? = nil, limit: Int? = nil,
        hasDevice: Bool = false
    ) {
        self.operations = operations
        self.position = position
        self.entities = entities
        self.limit = limit
        self.hasDevice = hasDevice
    }

    var hasCursor: Bool { if case .cursor = position { true } else { false } }

    /// Up to where the client has everything.
    package enum Position: Sendable, Equatable {
        /// Nowhere: a first sync.
        case start
        /// `lastSyncTimestamp`: it never resets (PROTOCOL section 2).
        case version(Version)
        /// `cursor`, as it came.
        case cursor(String)
        /// Everything anew, for this reason.
        case anew(Cursor.Refusal)
    }
}

/// What the client gets back.
package struct SyncAnswer: Sendable {
    /// One per operation, in order.
    package let results: [OperationResult]
    package let page: Page

    /// Exactly whether there is no conflict (PROTOCOL section 1).
    package var success: Bool { results.indices.allSatisfy { results[$0].isAccepted } }
}
