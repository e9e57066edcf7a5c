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
    package fileprivate(set) var position = Version.zero
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
        let start = StartingPoint(request.position, in: snapshot.bounds, seal: seal)
        let snapshotHead = start.snapshotHead ?? snapshot.head
        let known = start.leavesOutOwnWrites ? ownWrites.versionsKnown(since: start.version) : []
        let limit = min(request.limit ?? limits.defaultPageRecords, limits.maxPageRecords)
        var page = Page()
        page.resetReason = start.reset?.rawValue
        page.position = start.version
        if start.version == .zero { page.reserve(for: snapshot.totalUsage, limit: limit, maxBytes: limits.maxPageBytes) }
        try snapshot.forEachChange(after: start.version, of: request.entities) { change in
            let isUnneeded =
                known.contains(change.version)
                || (change.isDeleted && start.isFirstSync && change.version <= snapshotHead && !isNamed(change))
            if isUnneeded { return true }
            page.hasMore = page.count == limit || !page.append(change, maxBytes: limits.maxPageBytes)
            return !page.hasMore
        }
        if !page.hasMore { page.position = snapshot.head }
        let complete = page.hasMore ? try start.complete ?? snapshot.completeHead(at: start.version) : snapshot.head
        if page.hasMore { page.cut = try cut(at: page.position, complete, snapshot) }
        page.cursor = seal.seal(
            Cursor(
                position: page.position, snapshotHead: page.hasMore ? snapshotHead : snapshot.head,
                complete: complete, isFirstSync: page.hasMore && start.isFirstSync))
        return page
    }

    /// Where the client's next request begins, if it sends a position and no cursor.
    private func cut(at position: Version, _ complete: Version, _ snapshot: Snapshot) throws -> CutPage? {
        if case .cursor = request.position { return nil }
        guard complete < (try snapshot.completeHead(at: position)) else { return nil }
        return CutPage(position: position, complete: complete)
    }

    /// Whether an operation of this request writes to the record: one that is sent again, since its answer was lost, may
    /// have made a record that somebody has deleted meanwhile, and a client that knows of no results believes that it is there.
    private func isNamed(_ change: Snapshot.Change) -> Bool {
        request.operations.contains { operation in
            operation.kind != .delete && operation.entity == change.entity
                && operation.data.string("id").map { $0.utf8.elementsEqual(change.id.utf8) } ?? false
        }
    }

    /// The page of a client that has everything: nothing is to be read for it.
    ///
    /// - Parameter head: the user's, after the request.
    func emptyPage(head: Version) -> Page {
        var page = Page()
        page.position = head
        page.cursor = seal.seal(Cursor(position: head, snapshotHead: head, complete: head, isFirstSync: false))
        return page
    }

    /// The page of a client whose writes are stored but whose changes could not be read: it is to ask again.
    func unreadPage(_ bounds: FeedBounds) -> Page {
        let start = StartingPoint(request.position, in: bounds, seal: seal)
        var page = Page()
        page.hasMore = true
        page.position = start.version
        page.resetReason = start.reset?.rawValue
        page.cursor = seal.seal(
            Cursor(
                position: start.version, snapshotHead: start.snapshotHead ?? start.version, complete: start.complete ?? .zero,
                isFirstSync: start.isFirstSync))
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
