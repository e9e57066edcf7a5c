// The way of a request below HTTP: the operations go through ``BulkWriter`` in one step of a write transaction, then the
// page is read from a snapshot taken after its commit, so that the writer is free for the next bulk meanwhile.

package import SyncKit
package import SyncStore

/// Carries out synchronisation requests: operations in, results and a page of changes out.
package struct SyncEngine: Sendable {
    package let registry: Registry
    package let limits: Limits
    package let store: Store
    private let now: @Sendable () -> Timestamp

    package init(registry: Registry, store: Store, limits: Limits = Limits(), now: @escaping @Sendable () -> Timestamp) {
        self.registry = registry
        self.store = store
        self.limits = limits
        self.now = now
    }

    /// Applies a user's operations in order and reads what changed since the client's position.
    ///
    /// - Throws: ``StoreError``, if the database cannot; nothing of the request is stored then.
    package func sync(_ request: SyncRequest, for user: UserID) throws -> SyncAnswer {
        let seal = CursorSeal(key: store.cursorKey, user: user, epoch: store.epoch, entities: request.entities)
        guard !request.operations.isEmpty else {
            return SyncAnswer(results: [], page: try page(request, user, seal, ownWrites: OwnWrites()))
        }
        let written = try store.write(for: user, at: now) { transaction in
            var bulk = BulkWriter(registry: registry, limits: limits, base: base(of: request, transaction.head, seal))
            let results = try bulk.apply(request.operations, to: &transaction)
            return (results: results, ownWrites: bulk.ownWrites, head: transaction.head)
        }
        do {
            return SyncAnswer(results: written.results, page: try page(request, user, seal, ownWrites: written.ownWrites))
        } catch {
            // The operations are committed: an error would say that they are not.
            let reader = PageReader(limits: limits, request: request, seal: seal, ownWrites: written.ownWrites)
            return SyncAnswer(results: written.results, page: reader.unreadPage(head: written.head))
        }
    }

    /// The user's head: it has moved if and only if there is something new.
    package func head(of user: UserID) throws -> Version {
        try store.read(for: user) { $0.head }
    }

    package func currentTime() -> Timestamp { now() }

    private func page(_ request: SyncRequest, _ user: UserID, _ seal: CursorSeal, ownWrites: OwnWrites) throws -> Page {
        let reader = PageReader(limits: limits, request: request, seal: seal, ownWrites: ownWrites)
        return try store.read(for: user, reader.page(of:))
    }

    /// What operations are taken to be based on that do not say it themselves (PROTOCOL section 4).
    private func base(of request: SyncRequest, _ head: Version, _ seal: CursorSeal) -> BulkWriter.Base {
        let start = StartingPoint(request.position, head: head, seal: seal)
        if case .cursor = request.position { return BulkWriter.Base(version: start.version, entities: request.entities) }
        return BulkWriter.Base(version: start.version, entities: nil)
    }
}
