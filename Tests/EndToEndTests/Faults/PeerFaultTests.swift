import Foundation
import SyncTesting
import Testing

extension FaultTests {
    /// Clients and web servers that are slow, too many, or gone, and a server that stands still.
    @Suite struct PeerFaultTests {}
}

extension FaultTests.PeerFaultTests {
    @Test func withoutFileDescriptorsItSaysSoAndServesAgainWhenThereAreSome() async throws {
        let server = try FaultServer()
        try await server.startResponder("ulimit -n 64")
        try await server.startNginx()
        let client = try server.client("alice")
        #expect(try await client.bulk([.create("tasks", #""id":"before","title":"A""#)]).status == 200)
        let crowd = try (0..<200).map { _ in try RawConnection(unix: server.socket) }
        try await eventually("the log says it") { try server.responder.output.contains("No connection can be accepted") }
        for connection in crowd { connection.close() }
        let writers = Writers(client)
        try await writers.work {
            try await eventually("it serves again") { writers.count.operations > 100 }
        }
        #expect(try server.responder.exitStatus == nil)
        #expect(try server.sql("SELECT count(*) FROM tasks WHERE id = 'before'") == "1")
    }

    @Test func thousandsOfIdleConnectionsHinderNobody() async throws {
        let server = try FaultServer()
        // nginx's own limit of this process's children is the test's, so that the crowd is at the socket itself.
        try await server.startResponder("ulimit -n 4096")
        try await server.startNginx()
        let crowd = try await connections(3000, to: server)
        try await expectService(server)
        for connection in crowd { connection.close() }
    }

    @Test func connectionsThatStopInTheMiddleOfARequestAreDroppedAndOthersServed() async throws {
        let server = try FaultServer()
        try await server.startResponder("export MEELIO_SYNC_STALL_SECONDS=1 MEELIO_SYNC_THREADS=4")
        try await server.startNginx()
        // Half the header of a FastCGI record: as many as there are threads, twice over.
        let stalling = try (0..<8).map { _ in try RawConnection(unix: server.socket) }
        for connection in stalling { connection.send([1, 1, 0, 1]) }
        try await expectService(server)
        for connection in stalling { try await eventually("it is dropped") { connection.isClosed } }
    }

    @Test func clientsOfNginxThatSendTheirRequestsSlowlyHinderNobody() async throws {
        let server = try FaultServer()
        try await server.startResponder()
        try await server.startNginx()
        let port = try #require(Int(server.url.split(separator: ":").last ?? ""))
        let slow = try (0..<300).map { _ in try RawConnection(port: port) }
        let head = "POST /api/v1/sync/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
        for (number, connection) in slow.enumerated() { connection.send(Array((number % 2 == 0 ? head : head + "\r\n{\"ope").utf8)) }
        try await expectService(server)
        for connection in slow { connection.close() }
    }

    /// nginx waits 30 seconds for an answer, and a client may give up before: it sends the same again.
    @Test func aServerThatStandsStillForTenSecondsLosesAndDoublesNothing() async throws {
        let server = try FaultServer()
        try await server.startResponder()
        try await server.startNginx()
        try server.auditTasks()
        let writers = Writers(try server.client("alice"))
        try await writers.work {
            try await eventually("some load") { writers.count.operations > 100 }
            try server.responder.send(SIGSTOP)
            try await Task.sleep(for: .seconds(10))
            let before = writers.count.operations
            try server.responder.send(SIGCONT)
            try await eventually("it goes on") { writers.count.operations > before + 100 }
        }
        #expect(writers.count.statuses.isEmpty)
        try server.expectExactly(writers, isAudited: true)
    }

    @Test func aWebServerThatIsKilledOrReloadedUnderLoadLosesAndDoublesNothing() async throws {
        let server = try FaultServer()
        try await server.startResponder()
        try await server.startNginx()
        try server.auditTasks()
        let writers = Writers(try server.client("alice"))
        try await writers.work {
            for signal in [SIGHUP, SIGKILL, SIGHUP, SIGTERM, SIGQUIT] {
                let before = writers.count.operations
                try await eventually("some load") { writers.count.operations > before + 100 }
                let nginx = try server.nginx
                let workers = nginx.children
                nginx.send(signal)
                // After the master, which would make others.
                if signal == SIGKILL { for worker in workers { kill(worker, SIGKILL) } }
                guard signal != SIGHUP else { continue }
                try await nginx.end()
                try await server.startNginx()
            }
        }
        try server.expectExactly(writers, isAudited: true)
    }

    private func connections(_ count: Int, to server: FaultServer) async throws -> [RawConnection] {
        var connections: [RawConnection] = []
        for _ in 0..<count { connections.append(try RawConnection(unix: server.socket)) }
        return connections
    }

    private func expectService(_ server: FaultServer) async throws {
        let writers = Writers(try server.client("alice"))
        try await writers.work {
            try await eventually("others are served: \(writers.count)") { writers.count.operations > 100 }
        }
        #expect(writers.count.statuses.isEmpty, "\(writers.count.statuses)")
    }
}
