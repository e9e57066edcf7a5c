import FastCGI
import Foundation
import HTTP
import Logging
import SyncTesting

/// The FastCGI server on a real socket: it answers or closes whatever comes, and is well afterwards.
final class FastCGITarget: FuzzTarget {
    private let responder: any Responder
    private let folder: TemporaryFolder
    private let server: FastCGIServer
    private var runs = 0

    private var path: String { folder.path + "/s" }

    init(_ responder: any Responder) throws {
        self.responder = responder
        folder = try TemporaryFolder()
        var options = FastCGIServer.Options()
        options.threads = 2
        options.maxBodyBytes = 10_000
        // Longer than libFuzzer waits: a connection that has ended must not need it.
        options.receiveTimeout = 600
        options.sendTimeout = 600
        let listeners = [try Listener(parsing: "unix:\(folder.path)/s")]
        server = try FastCGIServer(listeners: listeners, options: options, logger: Logger(label: "fuzz"))
        try server.start(responder.makeHandler)
    }

    func run(_ input: [UInt8]) throws {
        runs += 1
        var script = FastCGIScript(input, path: path, token: try responder.token(run: runs), mayLie: responder.mayLie)
        script.run(look)
        if runs % 50 == 0 { checkIsWell() }
    }

    /// The server's records, each whole, and nothing after them.
    private func look(_ bytes: [UInt8], _ isWhole: Bool) {
        var rest = bytes[...]
        var answer: [UInt8] = []
        while rest.count >= 8 {
            let head = Array(rest.prefix(8))
            let length = Int(head[4]) << 8 | Int(head[5])
            check(head[0] == 1 && [3, 6, 7, 10, 11].contains(head[1]), "The server sends a record that begins with \(head).")
            let content = rest.dropFirst(8).prefix(length)
            rest = rest.dropFirst(8 + length + Int(head[6]))
            if head[1] == 6 { answer += content }
            if head[1] == 3 {
                if !answer.isEmpty { lookAtAnswer(answer) }
                answer = []
            }
        }
        check(rest.isEmpty || !isWhole, "The server's last record is not whole: \(rest)")
    }

    private func lookAtAnswer(_ answer: [UInt8]) {
        check(answer.starts(with: "Status: ".utf8), "An answer begins with \(String(decoding: answer.prefix(40), as: UTF8.self)).")
        check(answer.firstRange(of: Array("\r\n\r\n".utf8)) != nil, "An answer's fields have no end.")
        check(answer.dropFirst(8).first != UInt8(ascii: "5"), "The answer is \(String(decoding: answer.prefix(200), as: UTF8.self)).")
    }

    private func checkIsWell() {
        var script = FastCGIScript(Array("T GET /health".utf8), path: path, token: "", mayLie: false)
        script.run { bytes, _ in
            check(bytes.firstRange(of: Array("Status: 200".utf8)) != nil, "The server does not answer any more: \(bytes.count) bytes.")
        }
    }
}
