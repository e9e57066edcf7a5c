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
        let schemas = engine.registry.schemas.filter { names?.contains($0.entity.name) ?? true }
        let encoder = StatusEncoder(
            status: try engine.status(of: account.user), quota: engine.limits.quota(ofPlan: account.plan), limits: engine.limits,
            schemas: schemas, epoch: engine.store.epoch)
        response.fields[.eTag] = encoder.entityTag
        // RFC 9110, 13.1.2: the comparison is the weak one.
        if let known = request.fields[.ifNoneMatch], known == "*" || known.contains(encoder.entityTag.dropFirst(2)) {
            response.status = .notModified
            response.fields[.contentType] = nil
            return
        }
        encoder.write(serverTime: engine.currentTime(), to: &response.body)
    }
}
