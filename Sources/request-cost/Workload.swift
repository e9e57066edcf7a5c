/// What is asked of the server: the workloads of the benchmark (Tests/Load/wrk/requests.lua), with fewer users.
enum Workload: String, CaseIterable {
    /// One create per request.
    case create = "W1"
    /// Ten operations: 6 updates, 3 creates, 1 delete.
    case bulk = "W2"
    /// A bulk without operations, which finds nothing new.
    case poll = "W3"
    /// A first pull of 1,000 records.
    case firstPull = "W4"
    case status = "W5"
    /// As `bulk`, by two devices of each user in turn: the page of one brings the ten changes of the other.
    case exchange = "W6"

    var users: Int { self == .firstPull ? 2 : 5 }

    var devicesPerUser: Int { self == .exchange ? 2 : 1 }

    /// What each user has before.
    var records: Int { self == .firstPull ? 1000 : 200 }

    /// What every page brings, once each device has sent a request.
    var changes: Int {
        switch self {
        case .create, .bulk, .poll, .status: 0
        case .firstPull: 1000
        case .exchange: 10
        }
    }

    /// How an answer without a fault begins. What follows is the position, which nobody asks of a status.
    var answerStart: String { self == .status ? "{\"serverTime\":\"" : "{\"success\":true,\"timestamp\":\"" }
}
