import HTTP
import HTTPTypes

/// One request as it goes over the network. It may be lost, come twice, or come late.
struct Call {
    enum Target {
        case bulk
        case changes(query: String)
        case conflicts(query: String)
        case resolve, check
    }

    /// What makes a call wrong as a whole.
    enum Spoiling: CaseIterable {
        case cutOff, tooLong, expiredToken, wrongOperation, filterWithoutCursor, limitOfZero, wrongMethod
    }

    let user: String
    let target: Target
    var edits: [Edit] = []
    /// The members of the body beside the operations.
    var members: [String: Value] = [:]
    var spoiling: Spoiling?

    /// From where the caller wants changes: what its cursor or its timestamp stands for.
    var position: Int64 = 0
    var isFirstSync: Bool { members["cursor"] == nil && position == 0 }
    /// When it was sent, by its device's clock.
    var clock: Int64 = 0
    /// When it was sent, by the server's clock.
    var sent: Int64 = 0

    var body: String {
        var json: [UInt8] = Array("{".utf8)
        if case .bulk = target {
            json += "\"operations\":[".utf8
            json += edits.map { $0.wire.description }.joined(separator: ",").utf8
            json += "]".utf8
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            json += json.count == 1 ? "\"\(name)\":".utf8 : ",\"\(name)\":".utf8
            value.write(to: &json)
        }
        return String(decoding: json, as: UTF8.self) + "}"
    }

    func request(_ world: World) -> Request {
        var fields: HTTPFields = [.authorization: "Bearer \(spoiling == .expiredToken ? world.expiredToken : world.token(user))"]
        switch target {
        case .changes(let query): return Request(method: .get, path: "/api/v1/sync/changes", query: query, fields: fields)
        case .conflicts(let query): return Request(method: .get, path: "/api/v1/sync/conflicts", query: query, fields: fields)
        case .bulk, .resolve, .check:
            fields[.contentType] = "application/json"
            let method: HTTPRequest.Method = spoiling == .wrongMethod ? .put : .post
            return Request(
                method: method, path: path, fields: fields, body: spoiling == .tooLong ? .tooLarge : .complete(Array(spoiledBody.utf8)))
        }
    }

    private var path: String {
        switch target {
        case .resolve: "/api/v1/sync/resolve"
        case .check: "/api/v1/sync/check"
        default: "/api/v1/sync/bulk"
        }
    }

    private var spoiledBody: String {
        var call = self
        switch spoiling {
        case .cutOff: return String(body.dropLast(3))
        case .wrongOperation: call.edits.append(Edit.unreadable)
        case .filterWithoutCursor:
            call.members["cursor"] = nil
            call.members["lastSyncTimestamp"] = .integer(5)
            call.members["entities"] = .array([.string("eager")])
        case .limitOfZero: call.members["limit"] = .integer(0)
        default: break
        }
        return call.body
    }
}
