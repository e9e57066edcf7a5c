import HTTP
import HTTPTypes
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// The endpoints of synchronisation: decode, let the engine do it, encode.
struct SyncController {
    let engine: SyncEngine
    private let parser = JSONParser()

    init(engine: SyncEngine) { self.engine = engine }

    /// `POST /api/v1/sync/bulk`
    func bulk(_ request: Request, user: UserID, into response: inout Response) throws {
        let body = try RequestBody.json(of: request)
        let syncRequest: SyncRequest
        do {
            syncRequest = try parser.parse(body) { root in
                try SyncRequestDecoder.decode(root, limits: engine.limits, registry: engine.registry)
            }
        } catch let error as JSONError {
            throw RequestError(.malformed, "The body is not valid JSON: \(error.message)")
        }
        try answer(syncRequest, user: user, into: &response)
    }

    /// `GET /api/v1/sync/changes?since=…&cursor=…&entities=tasks,notes&limit=100`: a bulk without operations.
    func changes(_ request: Request, user: UserID, into response: inout Response) throws {
        let syncRequest = try SyncRequestDecoder.decode(Query(request.query), limits: engine.limits, registry: engine.registry)
        try answer(syncRequest, user: user, into: &response)
    }

    private func answer(_ request: SyncRequest, user: UserID, into response: inout Response) throws {
        let answer = try engine.sync(request, for: user)
        SyncAnswerEncoder(epoch: engine.store.epoch, serverTime: engine.currentTime()).write(answer, to: &response.body)
    }

    /// `GET /api/v1/sync/status`
    func status(user: UserID, into response: inout Response) throws {
        let head = try engine.head(of: user)
        response.body += "{\"timestamp\":\"".utf8
        head.timestamp.write(to: &response.body)
        response.body += "\",\"serverTime\":\"".utf8
        engine.currentTime().write(to: &response.body)
        response.body += "\",\"epoch\":".utf8
        JSONWriter.string(engine.store.epoch, to: &response.body)
        let limits = engine.limits
        response.body +=
            ",\"limits\":{\"maxOperations\":\(limits.maxOperations),\"maxBodyBytes\":\(limits.maxBodyBytes),\"maxRecordBytes\":\(limits.maxRecordBytes),\"pageRecords\":\(limits.maxPageRecords)}}"
            .utf8
    }
}
