import Crypto
import FastCGI
import Foundation
import HTTP
import Handlers
import Logging
import SyncServer
import SyncTesting

/// What stands behind the FastCGI server.
protocol Responder {
    /// Whether its peers may lie about lengths: they cannot send any byte then.
    var mayLie: Bool { get }
    var makeHandler: @Sendable () -> FastCGIServer.Handler { get }
    /// The token that `$token` stands for in one run.
    func token(run: Int) throws -> String
}

/// Answers with what it was asked, and now and then with much.
struct EchoResponder: Responder {
    let mayLie = true
    let makeHandler: @Sendable () -> FastCGIServer.Handler = {
        { request, response in
            response.reset()
            response.body = Array("\(request.method) \(request.path) ".utf8)
            if case .complete(let body) = request.body { response.body += body }
            if request.path == "/big" { response.body = Array(repeating: 0x61, count: 150_000) }
            return nil
        }
    }

    func token(run: Int) -> String { "" }
}

/// The whole server, with a user of its own for each run.
struct ServerResponder: Responder {
    let mayLie = false
    let makeHandler: @Sendable () -> FastCGIServer.Handler
    private let key = SigningKey(SymmetricKey(size: .bits256))
    private let server: TestServer

    init() throws {
        let server = try TestServer(installedHandlers)
        let authenticator = Authenticator(keys: KeySet(key), now: server.clock.now)
        let (engine, descriptions) = (server.engine, try Descriptions(of: server.engine))
        makeHandler = {
            let application = Application(
                engine: engine, authenticator: authenticator, descriptions: descriptions, metrics: Metrics(), logger: Logger(label: "fuzz"))
            return application.respond(to:into:)
        }
        self.server = server
    }

    func token(run: Int) throws -> String { try key.token(subject: "u\(run)", validFor: 3600, now: server.clock.now()) }
}
