import Foundation
import FoundationNetworking
import Handlers
import SyncSimulation
import SyncTesting
import Synchronization
import Testing

/// The simulation's devices, all at the same time, through nginx, while the responder is killed again and again.
@Suite struct KilledServerTests {
    @Test(arguments: [1, 2]) func devicesConvergeAndLoseNothingWhateverIsKilled(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let fleet = try Fleet(seed: seed, handlers: installedHandlers) { Int64(Date().timeIntervalSince1970 * 1000) }
        for life in 1...4 {
            let server = try await LiveServer(in: folder)
            let responder = try server.responder
            // After so many answers, however fast the machine is, and at any point of the next ones.
            let last = fleet.answers + 10 * life + 5 * Int(seed)
            let killer = Background {
                while fleet.answers < last && kill(responder, 0) == 0 { usleep(1000) }
                kill(responder, SIGKILL)
            }
            try fleet.work(over: try network(of: server))
            try killer.value()
            #expect(try await server.exitStatus() != 0)
        }
        let server = try await LiveServer(in: folder)
        try fleet.settle(over: try network(of: server))
        #expect(try Shell.run("sqlite3", [server.database, "PRAGMA integrity_check"]) == "ok\n")
    }

    /// Each request until its answer is there or the connection is gone.
    private func network(of server: LiveServer) throws -> Fleet.Network {
        let clients = Dictionary(uniqueKeysWithValues: try Fleet.users.map { ($0, try server.client($0)) })
        return { user, body in clients[user]?.answer(to: body) }
    }
}

extension LiveClient {
    fileprivate func answer(to body: String) -> (status: Int, body: [UInt8])? {
        guard let address = URL(string: url + "/api/v1/sync/bulk") else { return nil }
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        let outcome = Outcome()
        let finished = DispatchSemaphore(value: 0)
        session.dataTask(with: request) { data, response, _ in
            if let data, let http = response as? HTTPURLResponse { outcome.value.withLock { $0 = (http.statusCode, Array(data)) } }
            finished.signal()
        }.resume()
        finished.wait()
        return outcome.value.withLock { $0 }
    }
}

private final class Outcome: Sendable {
    let value = Mutex<(status: Int, body: [UInt8])?>(nil)
}
