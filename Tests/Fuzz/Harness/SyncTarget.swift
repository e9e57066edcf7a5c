import Handlers
import SyncTesting

/// The whole server but for its socket: each line of the input is a request of one user, who begins with nothing.
final class SyncTarget: FuzzTarget {
    private var server: TestServer
    private var runs = 0

    init() throws { server = try TestServer(installedHandlers) }

    func run(_ input: [UInt8]) throws {
        runs += 1
        // So that the database does not grow for ever.
        if runs % 20_000 == 0 { server = try TestServer(installedHandlers) }
        var conversation = try Conversation(server, user: "u\(runs)")
        for line in input.split(separator: UInt8(ascii: "\n")).prefix(8) { try conversation.send(line) }
        try conversation.checkRecords()
    }
}
