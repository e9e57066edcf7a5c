import HTTP
import HTTPTypes

/// An existing client, which knows of `deviceId`, `opId` and `lastSyncTimestamp`.
struct Device {
    let user: String
    /// The devices of one user keep out of each other's way, each in its lane: conflicts would be answered and not written.
    let lane: Int
    private let fields: HTTPFields
    private var operations = 0
    private var created = 0
    private var updated = 0

    init(of user: String, lane: Int, token: String) {
        self.user = user
        self.lane = lane
        fields = [.authorization: "Bearer \(token)", .contentType: "application/json"]
    }

    private var name: String { "device-\(lane)" }

    mutating func request(_ workload: Workload) -> PreparedRequest {
        switch workload {
        case .create: synchronisation([create()])
        case .bulk, .exchange: synchronisation(tenOperations())
        case .poll: synchronisation([])
        case .firstPull: PreparedRequest(bulk([], "\"limit\":1000"), hasPosition: false)
        case .status: PreparedRequest(Request(method: .get, path: "/api/v1/sync/status", fields: fields), hasPosition: false)
        }
    }

    /// Creates the records that are there before.
    func seed(records: Range<Int>) -> Request {
        let operations = records.map { operation("create", "seed-\($0)", opID: "seed-\($0)", Self.task) }
        // Later than anything: it is the seeder's own records that a page would bring.
        return bulk(operations, "\"lastSyncTimestamp\":\"2100-01-01T00:00:00.000Z\"")
    }

    private func synchronisation(_ operations: [String]) -> PreparedRequest {
        PreparedRequest(bulk(operations, "\"lastSyncTimestamp\":\"2026-11-18T10:00:00.000Z\""), hasPosition: true)
    }

    private func bulk(_ operations: [String], _ member: String) -> Request {
        let body = "{\"deviceId\":\"\(name)\",\"operations\":[\(operations.joined(separator: ","))],\(member)}"
        return Request(method: .post, path: "/api/v1/sync/bulk", fields: fields, body: .complete(Array(body.utf8)))
    }
}

// MARK: - Operations

extension Device {
    private static let task = """
        ,"title":"Water the plants in the living room","description":"The big ones twice a week, the small ones every other day, \
        and the orchid once.","category":"home","isFocus":false,"status":"pending","dueDate":"2026-12-01T09:00:00.000Z"
        """

    private mutating func tenOperations() -> [String] {
        // What is deleted is one of the request before; the first deletes one that was there before.
        let gone = created == 0 ? "seed-\(199 - lane)" : "\(name)-\(created)"
        let creates = (0..<3).map { _ in create() }
        let updates = (0..<6).map { _ in update() }
        return creates + updates + [operation("delete", gone, opID: nextOpID(), "")]
    }

    private mutating func create() -> String {
        created += 1
        return operation("create", "\(name)-\(created)", opID: nextOpID(), Self.task)
    }

    /// The first 180 records in turn, so that a request has no record twice.
    private mutating func update() -> String {
        let record = updated % 90 * 2 + lane
        updated += 1
        let opID = nextOpID()
        let status = operations.isMultiple(of: 2) ? "completed" : "in_progress"
        return operation("update", "seed-\(record)", opID: opID, ",\"title\":\"Water the plants, edit \(opID)\",\"status\":\"\(status)\"")
    }

    private mutating func nextOpID() -> String {
        operations += 1
        return "\(name)-\(operations)"
    }

    private func operation(_ kind: String, _ id: String, opID: String, _ members: String) -> String {
        """
        {"opId":"\(opID)","entity":"tasks","operation":"\(kind)","clientId":"\(name)","timestamp":"2026-11-18T11:00:00.000Z",\
        "data":{"id":"\(id)"\(members)}}
        """
    }
}
