import JSON
import SyncKit
package import SyncStore

/// A piece of a user's feed, ready to be sent (PROTOCOL section 2).
package struct Page: Sendable {
    /// The changes as the elements of a JSON array, without its brackets: documents are copied once, from the database
    /// into here.
    package fileprivate(set) var changes: [UInt8] = []
    package fileprivate(set) var count = 0
    /// Something that would be sent lies beyond this page.
    package fileprivate(set) var hasMore = false
    /// The version up to which the client has everything now.
    package internal(set) var position = Version.zero
    /// The same, opaque.
    package fileprivate(set) var cursor = ""
    /// What has to be kept of the page's end before it is sent; nil if there is nothing, or it is kept already.
    fileprivate(set) var cut: CutPage?
    /// Why the client's cursor was not accepted, so that this page begins anew.
    package fileprivate(set) var resetReason: String?
}

/// Reads one page out of a snapshot.
struct PageReader {
    let limits: Limits
    let request: SyncRequest
    let seal: CursorSeal
    /// What this request wrote and its client knows already.
    let ownWrites: OwnWrites

    func page(of snapshot: Snapshot) throws -> Page {
        let start = try StartingPoint(request.position, in: snapshot.bounds, seal: seal, cutPage: snapshot.cutPage(at:))
        // A tombstone that has come since the request's own writes is of a record that the client has.
        let snapshotHead = start.snapshotHead ?? (request.operations.isEmpty ? snapshot.head : ownWrites.head)
        let known = start.leavesOutOwnWrites ? ownWrites.versionsKnown(since: start.version) : []
        let own = start.isFirstSync ? ownWrites.versions : []
        let limit = min(request.limit ?? limits.defaultPageRecords, limits.maxPageRecords)
        var page = Page()
        page.resetReason = start.reset?.rawValue
        page.position = start.version
        if start.feed == FeedStart(.zero) { page.reserve(for: snapshot.totalUsage, limit: limit, maxBytes: limits.maxPageBytes) }
        try snapshot.forEachChange(after: start.feed, of: request.entities) { change in
            let isUnneeded =
                known.contains(change.version)
                || (change.isDeleted && start.isFirstSync && (change.version <= snapshotHead || own.contains(change.version))
                    && !isNamed(change))
            if isUnneeded { return true }
            page.hasMore = page.count == limit || !page.append(change, maxBytes: limits.maxPageBytes)
            return !page.hasMore
        }
        if !page.hasMore { page.position = snapshot.head }
        try finish(&page, start, snapshotHead, snapshot)
        return page
    }

    /// Gives the page its cursor, and notes its end for a client that sends a position and no cursor.
    private func finish(_ page: inout Page, _ start: StartingPoint, _ snapshotHead: Version, _ snapshot: Snapshot) throws {
        let (head, set) = (snapshot.head, snapshot.bounds.servedSet)
        var cursor = Cursor(
            position: page.position, snapshotHead: head, complete: head, isFirstSync: false, own: head, servedSet: set)
        if page.hasMore {
            cursor.snapshotHead = snapshotHead
            cursor.complete = start.complete
            cursor.isFirstSync = start.isFirstSync
            let newest = ownWrites.newestVersion
            cursor.own = max(page.position, start.own, newest, ownWrites.newestReplay)
            let isOfRequest = newest == cursor.own && newest > page.position
            cursor.ownStart = isOfRequest ? ownWrites.head : cursor.own == start.own ? start.ownStart : cursor.own
            cursor.isOwnUnknown = !start.knowsOwn
            if start.ahead > page.position {
                // In the middle of records that the client lacked, it keeps its place among the others.
                (cursor.servedSet, cursor.ahead, cursor.cutUnder) = (start.servedSet, start.ahead, set)
            } else if start.isLacking {
                // Of those it never had all.
                cursor.complete = .zero
            }
            page.cut = try cut(at: cursor, snapshot)
        }
        // Tombstones were purged that this client may have missed: its timestamp goes on, and the cursor resets.
        if start.isBelowFloor { cursor.snapshotHead = min(start.position, Version(snapshot.bounds.floor.value - 1)) }
        page.cursor = seal.seal(cursor)
    }

    /// Where the client's next request begins, if it sends a position and no cursor; nil if that is kept already.
    private func cut(at cursor: Cursor, _ snapshot: Snapshot) throws -> CutPage? {
        if request.hasCursor { return nil }
        let page = CutPage(
            place: cursor.position, complete: cursor.complete, servedSet: cursor.servedSet, ahead: cursor.ahead,
            cutUnder: snapshot.bounds.servedSet)
        if page.place < snapshot.bounds.beginOfServedSet {
            // A device without a position goes on with the cursor, and takes the timestamp for a version.
            if case .version = request.position { return page }
            return request.hasDevice ? nil : page
        }
        return try snapshot.cutPage(at: page.place)?.covers(page) ?? false ? nil : page
    }

    /// Whether an operation of this request writes to the record: one that is sent again, since its answer was lost, may
    /// have made a record that was deleted meanwhile, and a client that knows of no results believes that it is there.
    private func isNamed(_ change: Snapshot.Change) -> Bool {
        request.operations.contains { operation in
            operation.kind != .delete && operation.entity == change.entity
                && operation.data.string("id").map { $0.isIdentical(to: change.id) } ?? false
        }
    }

    /// The page of a client that has everything: nothing is to be read for it.
    ///
    /// - Parameter bounds: the user's, after the request.
    func emptyPage(_ bounds: FeedBounds) -> Page {
        var page = Page()
        page.position = bounds.head
        page.cursor = seal.seal(
            Cursor(
                position: bounds.head, snapshotHead: bounds.head, complete: bounds.head, isFirstSync: false, own: bounds.head,
                servedSet: bounds.servedSet))
        return page
    }

    /// The page of a client whose writes are stored but whose changes could not be read: it is to ask again.
    func unreadPage(_ start: StartingPoint) -> Page {
        var page = Page()
        page.hasMore = true
        page.position = start.position
        page.resetReason = start.reset?.rawValue
        page.cursor = seal.seal(
            Cursor(
                position: start.position, snapshotHead: start.snapshotHead ?? start.position, complete: start.complete,
                isFirstSync: start.isFirstSync, own: max(start.own, ownWrites.newestVersion),
                ownStart: ownWrites.newestVersion > start.own ? ownWrites.head : start.ownStart, isOwnUnknown: !start.knowsOwn,
                servedSet: start.servedSet,
                ahead: start.ahead > start.position ? start.ahead : .zero, cutUnder: start.cutUnder))
        return page
    }
}

extension Page {
    /// Makes room for a first page at once, instead of in many steps: its records, and what stands around each.
    fileprivate mutating func reserve(for usage: (records: Int, bytes: Int), limit: Int, maxBytes: Int) {
        guard usage.records > 0 else { return }
        let count = min(limit, usage.records)
        changes.reserveCapacity(min(maxBytes, count * (usage.bytes / usage.records + 160)) + 1024)
    }

    /// Appends a change as PROTOCOL section 1 writes it; false if the page would become too large.
    fileprivate mutating func append(_ change: Snapshot.Change, maxBytes: Int) -> Bool {
        let length = changes.count
        if count > 0 { changes.append(UInt8(ascii: ",")) }
        changes += "{\"entity\":\""
        changes += change.entity.utf8
        changes += "\",\"operation\":\""
        changes += (change.isDeleted ? "delete" : "update") as StaticString
        changes += "\",\"data\":"
        change.appendDocument(to: &changes)
        changes += ",\"clientId\":"
        change.appendWriter(to: &changes)
        changes += ",\"timestamp\":\""
        change.version.timestamp.write(to: &changes)
        changes += "\"}"
        if count > 0 && changes.count > maxBytes {
            changes.removeLast(changes.count - length)
            return false
        }
        count += 1
        position = change.version
        return true
    }
}
