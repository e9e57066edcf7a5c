/// Every metric of GET /metrics. Docs/operations.md has the same list for those who read them.
package enum MetricFamily: String, CaseIterable, Sendable {
    case requests = "meelio_sync_requests_total"
    case requestDuration = "meelio_sync_request_duration_seconds"
    case requestWaiting = "meelio_sync_request_waiting_seconds"
    case requestWorking = "meelio_sync_request_working_seconds"
    case requestBytes = "meelio_sync_request_bytes_total"
    case responseBytes = "meelio_sync_response_bytes_total"
    case operations = "meelio_sync_operations_total"
    case conflicts = "meelio_sync_conflicts_total"
    case pageRecords = "meelio_sync_page_records"
    case cursorResets = "meelio_sync_cursor_resets_total"
    case refusedLogins = "meelio_sync_refused_logins_total"
    case tokenLookups = "meelio_sync_token_lookups_total"
    case notices = "meelio_sync_notices_total"
    case commitBatch = "meelio_sync_commit_batch_bulks"
    case commit = "meelio_sync_commit_seconds"
    case checkpoint = "meelio_sync_checkpoint_seconds"
    case waitingWrites = "meelio_sync_waiting_writes"
    case logBytes = "meelio_sync_wal_bytes"
    case databaseBytes = "meelio_sync_database_bytes"
    case connections = "meelio_sync_connections"
    case threads = "meelio_sync_threads"
    case busyThreads = "meelio_sync_busy_threads"
    case pendingRequests = "meelio_sync_pending_requests"
    case buildInfo = "meelio_sync_build_info"
    case startTime = "process_start_time_seconds"
    case cpuTime = "process_cpu_seconds_total"
    case residentMemory = "process_resident_memory_bytes"
    case virtualMemory = "process_virtual_memory_bytes"
    case openFiles = "process_open_fds"
    case maxFiles = "process_max_fds"

    package var name: String { rawValue }

    enum Kind: Equatable {
        case counter, gauge
        /// With the upper bounds of its buckets.
        case histogram([Double])
    }

    private static let seconds = [0.00025, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10]

    var kind: Kind {
        switch self {
        case .requestDuration, .requestWaiting, .requestWorking, .commit, .checkpoint: .histogram(Self.seconds)
        case .pageRecords: .histogram([0, 1, 10, 100, 500, 1000, 10_000])
        case .commitBatch: .histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 1024])
        case .requests, .requestBytes, .responseBytes, .operations, .conflicts, .cursorResets, .refusedLogins, .tokenLookups, .notices,
            .cpuTime:
            .counter
        case .waitingWrites, .logBytes, .databaseBytes, .connections, .threads, .busyThreads, .pendingRequests, .buildInfo, .startTime,
            .residentMemory, .virtualMemory, .openFiles, .maxFiles:
            .gauge
        }
    }

    var help: String {
        switch self {
        case .requests: "Requests that were answered, by route and status."
        case .requestDuration: "Time from a request to its answer, by route."
        case .requestWaiting: "Time that requests with operations waited for their commit, by route."
        case .requestWorking: "Time that requests were worked on, by route: all but the waiting for a commit."
        case .requestBytes: "Bytes of the bodies of requests, by route."
        case .responseBytes: "Bytes of the bodies of answers, before the web server compresses them, by route."
        case .operations: "Operations of bulks, by entity and what became of them."
        case .conflicts: "Conflicts and rejections that were answered, by entity and type."
        case .pageRecords: "Records in the pages of answers."
        case .cursorResets: "Answers that let a device begin anew, by reason."
        case .refusedLogins: "Requests that were answered with 401, by reason."
        case .tokenLookups: "Tokens that were looked up, by where they were found; signature: nowhere, so that it was verified."
        case .notices: "Change notices, by whether nginx has taken them."
        case .commitBatch: "Bulks that shared one commit."
        case .commit: "Time of a commit, which is that of the fsync for the most part."
        case .checkpoint: "Time of a round of copying the write-ahead log into the database."
        case .waitingWrites: "Bulks that wait for the writer."
        case .logBytes: "Size of the file of the write-ahead log."
        case .databaseBytes: "Size of the database's file."
        case .connections: "Connections that the web server has open."
        case .threads: "Threads that work on requests."
        case .busyThreads: "Threads that work on a request now."
        case .pendingRequests: "Requests that wait for a commit or for a free thread after it."
        case .buildInfo: "Always 1; its labels say what runs."
        case .startTime: "When the process started, in seconds since 1970."
        case .cpuTime: "Time that the process has had on all cores."
        case .residentMemory: "Memory that the process has in RAM."
        case .virtualMemory: "Address space that the process has."
        case .openFiles: "File descriptors that are open."
        case .maxFiles: "File descriptors that may be open."
        }
    }
}
