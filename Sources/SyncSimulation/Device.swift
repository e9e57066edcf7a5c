// A device keeps the server's copy apart from its pending edits: a page always replaces the copy, and the edits lie over
// it. That and little else is what makes a client safe (PROTOCOL section 2, "What a client does").

/// A device as its user's records and edits see it; what goes over the network is in its extensions.
struct Device {
    /// What of the contract it knows.
    enum Kind: CaseIterable {
        /// Only the fixed part; `clientId` is the device.
        case old
        /// Only the fixed part, and a fresh `clientId` for every operation.
        case oldWithFreshClients
        /// Only the fixed part; it sends whole records, with the version in them.
        case oldWithWholeRecords
        /// Only the fixed part; it sends whole records without a version.
        case oldWithRecordsWithoutVersion
        /// Only the fixed part, and a fresh `clientId` for every operation; it sends whole records, with the version in them.
        case oldWithFreshClientsAndVersions
        /// Only the fixed part; what is in a conflict stays in its queue, and is sent three times more.
        case oldResending
        /// Only the fixed part; its position is its own clock at its last request.
        case oldWithOwnClock
        /// Only the fixed part, as the app sends it: whole records, a fresh `clientId` for every operation, and for its position the
        /// time of its oldest pending edit.
        case app
        /// All of it.
        case new
        /// All of it but the bases of its edits: those are its cursor, so that it always sends all of its queue before it
        /// takes a page.
        case newWithoutBases
    }

    struct Copy: Equatable {
        var content: Content
        /// 0 if the device does not know it for sure.
        var version: Int64
    }

    /// Names the installation in the simulation.
    let name: String
    /// The name that the server hears; two installations may have the same one.
    let wireName: String
    let user: String
    let kind: Kind
    /// How far its clock is from the server's.
    var clockOffset: Int64 = 0

    /// The server's records, as the device knows them.
    var copies: [RecordKey: Copy] = [:]
    /// What its own edits have replaced in its copies, which a restore may bring back.
    var replaced: [RecordKey: [Content]] = [:]
    /// The deleted records whose tombstones it has seen.
    var tombstones: [RecordKey: Int64] = [:]
    /// Edits without an answer, the oldest first.
    var queue: [Edit] = []

    /// The `timestamp` of the last answer; 0 before the first.
    var position: Int64 = 0
    var cursor: String?
    /// Something lies beyond the last page; an old device does not know, but the simulation does.
    var hasMore = false
    /// The entities that it wants; nil for all.
    var filter: [String]?
    /// The filter of the last answer: the records are of those entities.
    private(set) var answeredFilter: [String]?
    /// The records that came since a reset or a first sync began; nil if none is under way.
    var brought: Set<RecordKey>?
    /// Its records are not the server's, and it does not know yet: after a restore.
    var isAdrift = false
    /// It may have records that a restore took away: an old device never hears of it.
    var mayHaveGhosts = false

    init(name: String, wireName: String? = nil, user: String, kind: Kind) {
        self.name = name
        self.wireName = wireName ?? name
        self.user = user
        self.kind = kind
    }

    var isNew: Bool { kind == .new || kind == .newWithoutBases }

    /// Whether it takes a fresh `clientId` for every operation.
    var hasFreshClients: Bool { [.oldWithFreshClients, .oldWithFreshClientsAndVersions, .app].contains(kind) }

    var sendsWholeRecords: Bool {
        [.oldWithWholeRecords, .oldWithRecordsWithoutVersion, .oldWithFreshClientsAndVersions, .app].contains(kind)
    }

    var sendsVersions: Bool { kind == .oldWithWholeRecords || kind == .oldWithFreshClientsAndVersions }

    /// Whether its position says how much it has. A clock does not, so that it misses changes, and no edit may be lost by that.
    var hasTruePosition: Bool { kind != .oldWithOwnClock && kind != .app }

    /// How often an operation that is in a conflict is sent again.
    var resendings: Int { kind == .oldResending ? 3 : 0 }

    /// Whether it has, as far as it knows, all that it wants.
    var isIdle: Bool { isNew && brought == nil && !hasMore && position > 0 && filter == answeredFilter }

    func wants(_ entity: String) -> Bool { filter?.contains(entity) ?? true }

    /// The record as the device's user sees it: the copy, and the pending edits over it. Nil if there is none.
    func view(_ key: RecordKey) -> Content? {
        queue.reduce(copies[key]?.content) { content, edit in
            edit.key == key ? (edit.kind == .delete ? nil : (content ?? [:]).applying(edit.content)) : content
        }
    }

    /// The records that its user sees.
    var visibleKeys: [RecordKey] {
        let keys = Set(copies.keys).union(queue.compactMap(\.key))
        return keys.filter { view($0) != nil }.sorted()
    }

    /// Whether its copy is of before the reset that is under way.
    func isStale(_ key: RecordKey) -> Bool { brought.map { !$0.contains(key) } ?? false }

    /// The version that an edit of the record is made on.
    func baseVersion(_ key: RecordKey) -> Int64 { copies[key]?.version ?? 0 }

    /// Loses everything, as a device does on which the app is installed anew.
    mutating func reinstall() {
        let fresh = Device(name: name, wireName: wireName, user: user, kind: kind)
        (copies, tombstones, queue, position, cursor) = (fresh.copies, fresh.tombstones, fresh.queue, 0, nil)
        (hasMore, brought, isAdrift, mayHaveGhosts) = (false, nil, false, false)
    }
}

// MARK: - Requests

extension Device {
    /// The whole queue if the position is the base of its edits; else its first `count` edits.
    func sync(pushing count: Int, limit: Int?, alsoSendsTimestamp: Bool = false) -> Call {
        var call = Call(user: user, target: .bulk, edits: kind == .new ? Array(queue.prefix(count)) : queue)
        call.position = position
        if kind == .app, let oldest = queue.compactMap({ $0.wire["timestamp"].moment }).min() { call.position = oldest }
        if call.position > 0 && !isNew { call.members["lastSyncTimestamp"] = .string(isoDate(call.position)) }
        if position > 0 && isNew && alsoSendsTimestamp { call.members["lastSyncTimestamp"] = .string(isoDate(position)) }
        guard isNew else { return call }
        call.members["deviceId"] = .string(wireName)
        call.members["cursor"] = cursor.map(Value.string)
        if cursor == nil { call.members["lastSyncTimestamp"] = nil }
        call.members["entities"] = filter.map { .array($0.map(Value.string)) }
        call.members["limit"] = limit.map { .integer(Int64($0)) }
        return call
    }
}

// MARK: - Answers

extension Device {
    /// Takes the answer to a call of ``sync(pushing:limit:alsoSendsTimestamp:)``.
    mutating func take(_ answer: Answer, to call: Call) {
        guard answer.status == 200 else { return }
        let body = answer.body
        // Whatever became of an operation, it became something.
        let sent = Set(call.edits.map(\.serial))
        let again = editsToResend(body, call)
        queue.removeAll { sent.contains($0.serial) }
        queue.insert(contentsOf: again, at: 0)
        if call.isFirstSync || body["reset"].isTrue { brought = [] }
        if !isNew || brought != nil { isAdrift = false }
        if isNew { takeResults(body, call) } else { takeUnrefused(body, call) }
        takePage(body)
        position = kind == .oldWithOwnClock ? call.clock : body["timestamp"].date ?? position
        hasMore = body["hasMore"].isTrue
        answeredFilter = call.members["entities"]?.elements.compactMap(\.string)
        // The server knows nothing of its user any more: what it has are ghosts, of which it will not hear.
        if !isNew && body["timestamp"].date == 0 { copies = [:] }
        guard isNew else { return }
        cursor = body["cursor"].string
        if !hasMore { forgetWhatIsGone() }
    }

    private func editsToResend(_ body: Value, _ call: Call) -> [Edit] {
        guard resendings > 0 else { return [] }
        return body["conflicts"].elements.compactMap { conflict in
            guard let index = conflict["index"].integer, var edit = queue.first(where: { $0.serial == call.edits[Int(index)].serial }),
                edit.resendings < resendings
            else { return nil }
            edit.resendings += 1
            return edit
        }
    }

    private mutating func takeResults(_ body: Value, _ call: Call) {
        let newest = Dictionary(
            body["results"].elements.map { ("\($0["entity"]) \($0["id"])", $0["version"].integer ?? 0) }, uniquingKeysWith: max)
        for result in body["results"].elements where result["status"].string == "applied" && !result["duplicate"].isTrue {
            let index = Int(result["index"].integer ?? -1)
            guard call.edits.indices.contains(index), let id = result["id"].string else { continue }
            // A record that lies beyond this page may hold more than this device has seen: its version is not for a base yet, nor
            // is an earlier one of this request.
            let last = newest["\(result["entity"]) \(result["id"])"]
            let version = result["version"].integer.flatMap { $0 == last && $0 <= body["timestamp"].date ?? 0 ? $0 : nil }
            carryOut(call.edits[index], on: id, version: version)
        }
    }

    /// An old device knows of no results: what is not among the conflicts went through.
    private mutating func takeUnrefused(_ body: Value, _ call: Call) {
        let refused = Set(body["conflicts"].elements.map { $0["clientId"].description + $0["timestamp"].description })
        for edit in call.edits where !refused.contains(edit.wire["clientId"].description + edit.wire["timestamp"].description) {
            if let id = edit.id { carryOut(edit, on: id, version: nil) }
        }
    }

    private mutating func carryOut(_ edit: Edit, on id: String, version: Int64?) {
        let key = RecordKey(entity: edit.entity, id: id)
        guard wants(edit.entity), id == edit.id else { return }
        // What a reset has not brought is not what the server carried the edit out on.
        if isStale(key) { copies[key] = nil }
        brought?.insert(key)
        guard edit.kind != .delete else {
            copies[key] = nil
            if let version { tombstones[key] = version }
            return
        }
        let copy = copies[key] ?? Copy(content: [:], version: 0)
        replaced[key, default: []].append(copy.content)
        tombstones[key] = nil
        copies[key] = Copy(content: copy.content.applying(edit.content), version: version ?? copy.version)
    }

    mutating func takePage(_ body: Value) {
        for change in body["serverChanges"].elements {
            guard let entity = change["entity"].string, let id = change["data"]["id"].string else { continue }
            let key = RecordKey(entity: entity, id: id)
            brought?.insert(key)
            let version = change["data"]["version"].integer ?? 0
            if change["operation"].string == "delete" {
                copies[key] = nil
                tombstones[key] = version
            } else {
                copies[key] = Copy(content: Content(record: change["data"]), version: version)
                tombstones[key] = nil
            }
        }
    }

    /// After a first sync or a reset: what no page brought is not there any more.
    private mutating func forgetWhatIsGone() {
        guard let brought else { return }
        copies = copies.filter { brought.contains($0.key) }
        self.brought = nil
    }
}
