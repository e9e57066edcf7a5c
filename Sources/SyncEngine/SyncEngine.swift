// The way of a request below HTTP: the operations go through ``BulkWriter`` in one step of a write transaction, then the
// page is read from a snapshot taken after its commit, so that the writer is free for the next bulk meanwhile.

package import SyncKit
package import SyncStore

/// Carries out synchronisation requests: operations in, results and a page of changes out.
package struct SyncEngine: Sendable {
    package let registry: Registry
    package let limits: Limits
    package let store: Store
    let now: @Sendable () -> Timestamp
    private let cursorKeys: CursorSeal.Keys

    package init(registry: Registry, store: Store, limits: Limits = Limits(), now: @escaping @Sendable () -> Timestamp) {
        self.registry = registry
        self.store = store
        self.limits = limits
        self.now = now
        cursorKeys = CursorSeal.Keys(key: store.cursorKey, epoch: store.epoch)
    }

    package func currentTime() -> Timestamp { now() }

    /// Reads what changed since the client's position, for a request without operations.
    ///
    /// - Throws: ``StoreError``, if the database cannot.
    package func changes(_ request: SyncRequest, for account: Account) throws -> SyncAnswer {
        let reader = PageReader(
            limits: limits, request: request, seal: seal(account.user, request.entities), ownWrites: OwnWrites())
        return SyncAnswer(results: [], page: try page(by: reader, of: account.user))
    }

    /// Hands a user's operations to the writer, which applies them in order.
    ///
    /// - Throws: ``StoreError``, if the database takes no writes now; nothing of the request is stored then.
    package func submit(_ request: SyncRequest, for account: Account) throws -> PendingSync {
        let seal = seal(account.user, request.entities)
        let operations = PreparedOperation.prepare(request.operations, registry: registry, limits: limits)
        let write = try store.submit(for: account.user, at: now) { [limits] transaction in
            let view = try clientView(of: request, transaction, seal)
            var bulk = BulkWriter(
                limits: limits, quota: limits.quota(ofPlan: account.plan), view: view, maxOperations: limits.maxOperations)
            let results = try bulk.apply(operations, to: &transaction)
            return PendingSync.Written(
                results: results, ownWrites: bulk.ownWrites, start: view.start, bounds: transaction.bounds,
                isKnown: view.knowsAll(but: bulk.ownWrites, after: transaction.bounds))
        }
        return PendingSync(request: request, user: account.user, seal: seal, write: write)
    }

    /// The answer to operations that are durable, with what changed since the client's position.
    ///
    /// - Parameter pending: a write that is finished.
    /// - Throws: ``StoreError``, if the database could not write; nothing of the request is stored then.
    package func answer(to pending: PendingSync) throws -> SyncAnswer {
        let written = try pending.write.value
        let reader = PageReader(limits: limits, request: pending.request, seal: pending.seal, ownWrites: written.ownWrites)
        if written.isKnown { return SyncAnswer(results: written.results, page: reader.emptyPage(written.bounds)) }
        do {
            return SyncAnswer(results: written.results, page: try page(by: reader, of: pending.user))
        } catch {
            // The operations are committed: an error would say that they are not.
            return SyncAnswer(results: written.results, page: reader.unreadPage(written.start))
        }
    }

    func seal(_ user: UserID, _ entities: Set<String>?) -> CursorSeal {
        CursorSeal(cursorKeys, user: user, entities: entities)
    }

    private func page(by reader: PageReader, of user: UserID) throws -> Page {
        var page = try store.read(for: user, at: now, reader.page(of:))
        // Before the client can come back from there.
        if let cut = page.cut { page.position = try store.write(for: user, at: now) { try $0.keep(cut) } }
        return page
    }

    func clientView(of request: SyncRequest, _ transaction: WriteTransaction, _ seal: CursorSeal) throws -> ClientView {
        let start = try StartingPoint(request.position, in: transaction.bounds, seal: seal, cutPage: transaction.cutPage(at:))
        // A filter says of which entities the client had seen anything up to its cursor; a timestamp is a position among all.
        if case .cursor = request.position { return ClientView(start: start, bounds: transaction.bounds, entities: request.entities) }
        return ClientView(start: start, bounds: transaction.bounds, entities: nil)
    }
}

/// Whose request it is, and what they may keep.
package struct Account: Sendable, Equatable {
    package let user: UserID
    /// The plan that the token names.
    package let plan: String?

    package init(user: UserID, plan: String? = nil) {
        self.user = user
        self.plan = plan
    }
}

// MARK: - Status

extension SyncEngine {
    /// What a user has here.
    package struct Status: Sendable {
        /// It has moved if and only if there is something new.
        package let head: Version
        package let openConflicts: Int
        /// By the entity's name; entities without any record are left out.
        package let usage: [String: Usage]
        package let records: Int
        package let bytes: Int
    }

    package func status(of user: UserID) throws -> Status {
        try store.read(for: user, at: now) { snapshot in
            Status(
                head: snapshot.head, openConflicts: snapshot.openConflicts, usage: snapshot.usage,
                records: snapshot.totalUsage.records, bytes: snapshot.totalUsage.bytes + snapshot.conflictBytes)
        }
    }
}

// MARK: - Conflicts

extension SyncEngine {
    /// A piece of the list of a user's conflicts.
    package struct ConflictPage: Sendable {
        /// The conflicts' JSON, the oldest first.
        package var bodies: [[UInt8]] = []
        /// The number of the last one, from where to go on.
        package var cursor: Int64
        package var hasMore = false
    }

    /// - Parameter number: the cursor of the page before; 0 for the first.
    package func conflicts(of user: UserID, open isOpen: Bool, after number: Int64, limit: Int) throws -> ConflictPage {
        var page = ConflictPage(cursor: number)
        var size = 0
        try store.read(for: user, at: now) { snapshot in
            try snapshot.forEachConflict(open: isOpen, after: number) { number, conflict in
                guard page.bodies.count < limit else { return false }
                let record = conflict.isOpen ? try snapshot.record(conflict.record, of: conflict.entity) : nil
                let body = try ConflictView(conflict: conflict, record: record).json()
                size += body.count
                guard page.bodies.isEmpty || size <= limits.maxPageBytes else { return false }
                page.bodies.append(body)
                page.cursor = number
                return true
            } whenStopped: {
                page.hasMore = true
            }
        }
        return page
    }

    /// - Throws: ``ResolveError`` if what is to be stored cannot be; nothing is changed then.
    package func resolve(_ request: ResolveRequest, for account: Account) throws -> ResolveAnswer {
        let writer = RecordWriter(limits: limits, quota: limits.quota(ofPlan: account.plan))
        let answer = try store.write(for: account.user, at: now) { transaction -> Result<ResolveAnswer, ResolveError> in
            // Nothing is written if it fails. An error thrown from here would have all bulks run again that share the commit.
            do {
                return .success(try ConflictResolver(registry: registry, writer: writer).resolve(request, in: &transaction))
            } catch let error as InvalidData {
                return .failure(ResolveError(message: "The data is not valid.", faults: error.faults))
            } catch let error as ValidationError {
                return .failure(ResolveError(message: "The record would not be valid.", faults: error.faults))
            } catch let error as LimitError {
                let message = Conflict.overLimit(error, nil).message
                return .failure(ResolveError(message: message, faults: [ValidationError.Fault(path: "data", message: message)]))
            }
        }
        return try answer.get()
    }
}

/// Why a conflict was not settled as a person decided.
package struct ResolveError: Error, Equatable {
    package let message: String
    package let faults: [ValidationError.Fault]
}

// MARK: - Integrity

extension SyncEngine {
    /// Compares what a device has with what it should have; what does not match comes back as changes.
    package func check(_ request: CheckRequest, of user: UserID) throws -> CheckAnswer {
        try store.read(for: user, at: now) { snapshot in
            let findings = request.claims.sorted { $0.key < $1.key }.map { entity, claim in
                let usage = snapshot.usage[entity] ?? Usage()
                let matches = claim == CheckRequest.Claim(count: Int64(usage.records), digest: usage.digestText)
                return CheckAnswer.Finding(entity: entity, count: usage.records, digest: usage.digestText, matches: matches)
            }
            let isUpToDate = request.position == snapshot.head
            let wrong = isUpToDate ? Set(findings.filter { !$0.matches }.map(\.entity)) : []
            // With nothing wrong, the page is one from the head on: empty, with the cursor that goes with it.
            let position = wrong.isEmpty ? SyncRequest.Position.version(snapshot.head) : .anew(.mismatch)
            let pull = SyncRequest(position: position, entities: wrong.isEmpty ? nil : wrong)
            let reader = PageReader(limits: limits, request: pull, seal: seal(user, pull.entities), ownWrites: OwnWrites())
            return CheckAnswer(isUpToDate: isUpToDate, findings: findings, page: try reader.page(of: snapshot))
        }
    }
}
