import FastCGI
import Foundation
import HTTP
import HTTPTypes
import Logging

/// A responder that answers with what the web server has told it of the request.
final class EchoResponder: Sendable {
    private let server: FastCGIServer

    init(on socket: String) throws {
        server = try FastCGIServer(listeners: Listener.all(parsing: "unix:\(socket)"), options: .init(), logger: Logger(label: "echo"))
        try server.start {
            { request, response in
                response.reset()
                response.fields[.contentType] = "application/json"
                response.body = Self.describe(request)
                return nil
            }
        }
    }

    deinit { server.drain() }

    private static func describe(_ request: Request) -> [UInt8] {
        let variables = [
            "user": request.remoteUser, "authorization": request.field(.authorization), "path": request.path, "query": request.query,
            "id": HTTPField.Name("X-Request-ID").flatMap { request.field($0) },
        ]
        return Array((try? JSONSerialization.data(withJSONObject: variables.compactMapValues { $0 })) ?? Data())
    }
}
