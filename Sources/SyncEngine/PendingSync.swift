import SyncKit
package import SyncStore

/// A request whose operations the writer has been handed: ``SyncEngine/submit(_:for:)``.
package struct PendingSync: Sendable {
    let request: SyncRequest
    package let user: UserID
    let seal: CursorSeal
    let write: PendingWrite<Written>

    struct Written: Sendable {
        let results: [OperationResult]
        let ownWrites: OwnWrites
        /// Where the client stood before the request.
        let start: StartingPoint
        let bounds: FeedBounds
        /// The client has everything that is new: its own writes.
        let isKnown: Bool
    }

    /// The memory that the operations' data takes, in bytes.
    package var heldBytes: Int { request.operations.reduce(0) { $0 + $1.data.heldBytes } }

    /// Calls `resume` once, when the operations are durable or have failed, possibly on the writer's thread.
    package func whenFinished(_ resume: @escaping @Sendable () -> Void) { write.whenFinished(resume) }
}
