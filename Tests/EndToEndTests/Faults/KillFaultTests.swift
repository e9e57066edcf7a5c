import Foundation
import SyncTesting
import Testing

extension FaultTests {
    /// FAULT_KILLS is how often; `script/faults` takes 200.
    @Test func whatIsAcknowledgedIsThereOnceHoweverOftenTheServerIsKilled() async throws {
        let kills = Int(ProcessInfo.processInfo.environment["FAULT_KILLS"] ?? "") ?? 8
        let server = try FaultServer()
        try await server.startResponder()
        try await server.startNginx()
        try server.auditTasks()
        let writers = Writers(try server.client("alice"))
        try await writers.work {
            for number in 1...kills {
                let next = writers.count.operations + Int.random(in: 1...150)
                try await eventually("\(next) operations") { writers.count.operations >= next }
                // Not only just after an acknowledgement.
                try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
                try await server.killResponder()
                if number % 20 == 0 { #expect(try server.sql("PRAGMA integrity_check") == "ok") }
                try await server.startResponder()
            }
        }
        try server.expectExactly(writers, isAudited: true)
        print("\(kills) kills: \(writers.count)")
    }
}
