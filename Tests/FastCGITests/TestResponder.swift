import Dispatch
import FastCGI
import HTTP
import HTTPTypes
import Logging
import SyncTesting
import Synchronization

/// A FastCGIServer in this process, for one test; ``TestHandler`` says what it answers.
final class TestResponder: Sendable {
    /// The path of its unix socket.
    let path: String
    let handler = TestHandler()
    private let folder: TemporaryFolder
    private let server: FastCGIServer
    private let isDrained = Atomic<Bool>(false)

    /// - Parameter listener: where it listens; on ``path`` if nothing is said.
    init(on listener: String? = nil, threads: Int = 2, configure: (inout FastCGIServer.Options) -> Void = { _ in }) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/s"
        var options = FastCGIServer.Options()
        options.threads = threads
        configure(&options)
        let listeners = [try Listener(parsing: listener ?? "unix:\(path)")]
        server = try FastCGIServer(listeners: listeners, options: options, logger: Logger(label: "test"))
        try server.start { [handler] in handler.answer }
    }

    deinit { drain() }

    /// Stops the server; once only, since its descriptors are not ours afterwards.
    @discardableResult
    func drain() -> Bool {
        isDrained.exchange(true, ordering: .relaxed) ? true : server.drain()
    }

    func connect() throws -> FastCGIClient { try FastCGIClient(unix: path) }

    /// Has a request answered over a connection of its own: the proof that the server is well.
    func isWell() throws -> Bool {
        try connect().answer(to: FastCGIRequest()).text == "GET /echo "
    }
}

/// Answers by the path: two megabytes under `/big`, else what it was asked. Under `/wait` a thread waits for ``release()``;
/// under `/later` the answer does for ``finish()``, and no thread: it holds as many bytes as its query says.
final class TestHandler: Sendable {
    private let requests = Mutex<[Request]>([])
    private let arrivals = DispatchSemaphore(value: 0)
    private let gate = DispatchSemaphore(value: 0)

    private let unfinished = Mutex<[@Sendable () -> Void]>([])

    static let bigBody = (0..<2 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    func answer(_ request: Request, _ response: inout Response) -> PendingResponse? {
        requests.withLock { $0.append(request) }
        response.reset()
        response.fields[.contentType] = "text/plain"
        if request.path.hasPrefix("/later") { return later(request) }
        if request.path == "/wait" {
            arrivals.signal()
            _ = gate.wait(timeout: .now() + 20)
        }
        if request.path == "/big" {
            response.body = Self.bigBody
        } else {
            response.body = Array("\(request.method) \(request.path) ".utf8)
            if case .complete(let body) = request.body { response.body += body }
        }
        return nil
    }

    private func later(_ request: Request) -> PendingResponse {
        PendingResponse(heldBytes: Int(request.query) ?? 0) { [self] resume in
            unfinished.withLock { $0.append(resume) }
        } write: { response in
            response.reset()
            response.body = Array("\(request.path) is finished".utf8)
        }
    }

    /// How many requests under `/later` wait.
    var waitingCount: Int { unfinished.withLock { $0.count } }

    /// Has the requests under `/later` answered that have arrived.
    func finish() {
        let resumes = unfinished.withLock { resumes in
            defer { resumes = [] }
            return resumes
        }
        for resume in resumes { resume() }
    }

    /// The requests that have arrived.
    var seen: [Request] { requests.withLock { $0 } }

    /// Waits until a request for `/wait` has arrived; false if none does in ten seconds.
    func waitForArrival() -> Bool { arrivals.wait(timeout: .now() + 10) == .success }

    /// Lets one request for `/wait` go on.
    func release() { gate.signal() }
}
