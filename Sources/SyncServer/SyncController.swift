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
    let counters: Counters
    private let statuses: StatusEncoder

    init(engine: SyncEngine, bodies: JSONBodies, counters: Counters) {
        self.engine = engine
        self.bodies = bodies
        self.counters = counters
        statuses = StatusEncoder(epoch: engine.store.epoch, limits: engine.limits, schemas: engine.registry.schemas)
    }

    /// `POST /api/v1/sync/bulk`
    func bulk(_ request: Request, _ account: Account, into response: inout Response) throws {
        let syncRequest = try bodies.read(request) { root in
            try SyncRequestDecoder.decode(root, limits: engine.limits, registry: engine.registry)
        }
        try answer(syncRequest, account, into: &response)
    }

    /// `GET /api/v1/sync/changes?since=…&cursor=…&entities=tasks,notes&limit=100`: a bulk without operations.
    func changes(_ request: Request, _ account: Account, into response: inout Response) throws {
        let syncRequest = try SyncRequestDecoder.decode(Query(request.query), limits: engine.limits, registry: engine.registry)
        try answer(syncRequest, account, into: &response)
    }

    private func answer(_ request: SyncRequest, _ account: Account, into response: inout Response) throws {
        let answer = try engine.sync(request, for: account)
        counters.count(answer.results)
        encoder.write(answer, to: &response.body)
    }

    private var encoder: SyncAnswerEncoder {
        SyncAnswerEncoder(epoch: engine.store.epoch, serverTime: engine.currentTime())
    }

    /// `POST /api/v1/sync/check`
    func check(_ request: Request, _ account: Account, into response: inout Response) throws {
        let check = try bodies.read(request) { try CheckRequestDecoder.decode($0, registry: engine.registry) }
        encoder.write(try engine.check(check, of: account.user), to: &response.body)
    }

    /// `GET /api/v1/sync/status?entities=tasks,notes`
    func status(_ request: Request, _ account: Account, into response: inout Response) throws {
        let names = try SyncRequestDecoder.entities(in: Query(request.query), limits: engine.limits, registry: engine.registry)
        response.body += "{\"serverTime\":\""
        engine.currentTime().write(to: &response.body)
        response.body += "\","
        let start = response.body.count
        statuses.write(
            try engine.status(of: account.user), quota: engine.limits.quota(ofPlan: account.plan), only: names, to: &response.body)
        let entityTag = StatusEncoder.entityTag(of: response.body[start...])
        response.fields[.eTag] = entityTag
        // RFC 9110, 13.1.2: the comparison is the weak one.
        if let known = request.fields[.ifNoneMatch], known == "*" || known.contains(entityTag.dropFirst(2)) {
            response.status = .notModified
            response.fields[.contentType] = nil
            response.body.removeAll(keepingCapacity: true)
        }
    }
}
