import HTTP
import HTTPTypes
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// The endpoints of synchronisation: decode, let the engine do it, encode.
struct SyncController {
    let engine: SyncEngine
    let bodies: JSONBodies
    let notices: NoticePublisher?
    private let statuses: StatusEncoder

    init(engine: SyncEngine, bodies: JSONBodies, notices: NoticePublisher?) {
        self.engine = engine
        self.bodies = bodies
        self.notices = notices
        statuses = StatusEncoder(epoch: engine.store.epoch, limits: engine.limits, schemas: engine.registry.schemas)
    }

    /// `POST /api/v1/sync/bulk`
    ///
    /// - Returns: the operations, if there are any: the answer is written when they are durable.
    func bulk(_ request: Request, _ account: Account, noting call: inout Call, into response: inout Response) throws -> PendingSync? {
        let syncRequest = try bodies.read(request) { root in
            try SyncRequestDecoder.decode(root, limits: engine.limits, registry: engine.registry)
        }
        if !syncRequest.operations.isEmpty { return try engine.submit(syncRequest, for: account) }
        let answer = try engine.changes(syncRequest, for: account)
        call.note(answer)
        SyncAnswerEncoder(engine).write(answer, to: &response.body)
        return nil
    }

    /// The rest of a bulk, when its operations are durable; on any thread.
    static func finish(
        _ pending: PendingSync, by engine: SyncEngine, telling notices: NoticePublisher?, noting call: inout Call,
        into response: inout Response
    ) throws {
        let answer = try engine.answer(to: pending)
        if let notices, let notice = Notice(answer.results) { notices.announce(notice, to: pending.user) }
        call.note(answer)
        SyncAnswerEncoder(engine).write(answer, to: &response.body)
    }

    /// `GET /api/v1/sync/changes?since=…&cursor=…&entities=tasks,notes&limit=100`: a bulk without operations.
    func changes(_ request: Request, _ account: Account, noting call: inout Call, into response: inout Response) throws {
        let syncRequest = try SyncRequestDecoder.decode(Query(request.query), limits: engine.limits, registry: engine.registry)
        let answer = try engine.changes(syncRequest, for: account)
        call.note(answer)
        SyncAnswerEncoder(engine).write(answer, to: &response.body)
    }

    /// `POST /api/v1/sync/check`
    func check(_ request: Request, _ account: Account, noting call: inout Call, into response: inout Response) throws {
        let check = try bodies.read(request) { try CheckRequestDecoder.decode($0, registry: engine.registry) }
        let answer = try engine.check(check, of: account.user)
        call.note(answer.page)
        SyncAnswerEncoder(engine).write(answer, to: &response.body)
    }

    /// `GET /api/v1/sync/status?entities=tasks,notes`
    func status(_ request: Request, _ account: Account, into response: inout Response) throws {
        let names = try SyncRequestDecoder.entities(in: Query(request.query), limits: engine.limits, registry: engine.registry)
        response.body += "{\"serverTime\":\""
        engine.currentTime().write(to: &response.body)
        response.body += "\","
        let start = response.body.count
        statuses.write(
            try engine.status(of: account.user), quota: engine.limits.quota(ofPlan: account.plan), only: names,
            channel: notices?.channel(of: account.user), to: &response.body)
        let entityTag = StatusEncoder.entityTag(of: response.body[start...])
        response.fields[.eTag] = entityTag
        // RFC 9110, 13.1.2: the comparison is the weak one.
        if let known = request.field(.ifNoneMatch), known == "*" || known.contains(entityTag.dropFirst(2)) {
            response.status = .notModified
            response.fields[.contentType] = nil
            response.body.removeAll(keepingCapacity: true)
        }
    }
}
