import HTTP
import HTTPTypes
import JSON
import SyncEngine
import SyncKit
import SyncStore

/// The endpoints of stored conflicts (PROTOCOL section 4).
struct ConflictController {
    let engine: SyncEngine
    let bodies: JSONBodies
    let notices: NoticePublisher?

    /// `GET /api/v1/sync/conflicts?state=open&cursor=…&limit=100` -> `{"conflicts":[…],"cursor":"…","hasMore":false}`
    func list(_ request: Request, _ account: Account, into response: inout Response) throws {
        let query = Query(request.query)
        var faults = FaultCollector()
        let state = query["state"] ?? "open"
        if state != "open" && state != "settled" { faults.add("state", "'state' must be 'open' or 'settled'.") }
        let cursor = query["cursor"].map { Int64($0) } ?? 0
        if cursor == nil { faults.add("cursor", "'cursor' must be the 'cursor' of the answer before.") }
        let limit = query["limit"].map { Int($0) } ?? engine.limits.defaultPageRecords
        if limit ?? 0 < 1 { faults.add("limit", "'limit' must be a whole number from 1 on.") }
        try faults.throwIfAny()
        let page = try engine.conflicts(
            of: account.user, open: state == "open", after: cursor ?? 0, limit: min(limit ?? 1, engine.limits.maxPageRecords))
        response.body += "{\"conflicts\":[".utf8
        for (index, body) in page.bodies.enumerated() {
            if index > 0 { response.body.append(UInt8(ascii: ",")) }
            response.body += body
        }
        response.body += "],\"cursor\":\"\(page.cursor)\",\"hasMore\":\(page.hasMore)}".utf8
    }

    /// `POST /api/v1/sync/resolve` `{"conflictId":"…","resolution":"client"}` -> `{"result":{…},"record":{…}}`
    func resolve(_ request: Request, _ account: Account, into response: inout Response) throws {
        let resolveRequest = try bodies.read(request, Self.decode)
        switch try resolveOrExplain(resolveRequest, account) {
        case .settled(let json):
            notices?.announce(Notice(hasConflicts: true), to: account.user)
            response.body += json
        case .refused(let reason, let conflict):
            response.status = .conflict
            response.body += "{\"code\":409".utf8
            JSONWriter.member("message", reason, to: &response.body)
            response.body += ",\"conflict\":".utf8
            response.body += conflict
            response.body.append(UInt8(ascii: "}"))
        case .unknown: throw RequestError(.notFound, "There is no conflict '\(resolveRequest.conflictID)'.")
        }
    }

    private func resolveOrExplain(_ request: ResolveRequest, _ account: Account) throws -> ResolveAnswer {
        do {
            return try engine.resolve(request, for: account)
        } catch let error as ResolveError {
            throw RequestError(.malformed, error.message, faults: error.faults)
        }
    }

    private static func decode(_ root: JSONElement) throws(RequestError) -> ResolveRequest {
        guard root.kind == .object else {
            throw RequestError(.malformed, "The body must be a JSON object with 'conflictId' and 'resolution'.")
        }
        var conflictID, resolution, data, device, serverVersion: JSONElement?
        root.forEachMember { name, value in
            let value = value.kind == .null ? nil : value
            switch name {
            case "conflictId": conflictID = value
            case "resolution": resolution = value
            case "data": data = value
            case "deviceId": device = value
            case "serverVersion": serverVersion = value
            default: break
            }
        }
        var faults = FaultCollector()
        let id = faults.requiredText(conflictID, "conflictId")
        let choice = resolution?.string.flatMap(ResolveRequest.Resolution.init)
        if choice == nil { faults.add("resolution", "'resolution' is required and must be 'server', 'client' or 'merged'.") }
        let patch = data?.members().map(Document.init)
        if data != nil ? patch == nil : choice == .merged { faults.add("data", "'data' must be an object; 'merged' needs it.") }
        let deviceID = device.flatMap { faults.text($0, "deviceId", maxBytes: 255) }
        let seen = serverVersion.flatMap { faults.date($0, "serverVersion") }.map { Version($0.milliseconds) }
        try faults.throwIfAny()
        guard let id, let choice else { throw RequestError(.malformed, "The body is incomplete.") }
        return ResolveRequest(
            conflictID: id, resolution: choice, data: patch ?? Document(), nesting: data?.depth ?? 1, device: deviceID, seen: seen)
    }
}
