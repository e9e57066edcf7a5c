import Foundation
import HTTPTypes
import SyncTesting
import Testing

extension FaultTests {
    /// A disk that is full, fails, or cannot be written to.
    @Suite struct DiskFaultTests {}
}

extension FaultTests.DiskFaultTests {
    // MARK: - Full

    @Test(.enabled(if: FaultTests.isRoot, "Only root can mount a small disk."))
    func aFullDiskRefusesWritesAnswersReadsAndRecoversByItself() async throws {
        let disk = try SmallDisk(megabytes: 16)
        let server = try FaultServer(state: disk.path)
        try await server.startResponder()
        try await server.startNginx()
        try server.auditTasks()
        let client = try server.client("alice")
        let writers = Writers(client, padding: 2000)
        try await writers.work {
            try await eventually("some load") { writers.count.operations > 20 }
            try disk.fill()
            try await eventually("writes are refused") { writers.count.statuses[503, default: 0] > 20 }
            let refused = try await client.bulk([.create("tasks", #""id":"refused","title":"A""#)])
            #expect(refused.status == 503)
            #expect(refused.fields[.retryAfter] == "5")
            #expect(try await client.get("/ready").status == 503)
            let page = try await client.get("/api/v1/sync/changes?limit=1000")
            #expect(page.status == 200)
            #expect(!page["serverChanges"].array.contains { $0["data"]["id"].string == "refused" })
            #expect(try server.responder.output.contains("The database's disk is full."))
            try disk.empty()
            let before = writers.count.operations
            try await eventually("writes go through again") { writers.count.operations > before + 20 }
            #expect(await server.isReady())
        }
        #expect(writers.count.statuses.keys.allSatisfy { $0 == 503 })
        try server.expectExactly(writers, isAudited: true)
    }

    @Test(.enabled(if: FaultTests.isRoot, "Only root can mount a small disk."))
    func aDiskThatIsFullWhenTheLogIsCopiedHurtsNothing() async throws {
        let disk = try SmallDisk(megabytes: 48)
        let server = try FaultServer(state: disk.path)
        try await server.startResponder()
        try await server.startNginx()
        // The log and a copy of it do not fit.
        try server.fillLog()
        let writers = Writers(try server.client("alice"))
        try await writers.work {
            try await eventually("writes are refused") { writers.count.statuses[503, default: 0] > 20 }
            try disk.grow(toMegabytes: 400)
            let before = writers.count.operations
            try await eventually("the log has been copied") {
                let size = try FileManager.default.attributesOfItem(atPath: server.database)[.size] as? Int ?? 0
                return size > 34_000_000 && writers.count.operations > before
            }
        }
        #expect(try server.responder.exitStatus == nil)
        try server.expectExactly(writers)
    }

    @Test(.enabled(if: FaultTests.isRoot, "Only root can mount a small disk."), arguments: [false, true])
    func aStartOnAFullDiskEndsWithASentence(hasState: Bool) async throws {
        let disk = try SmallDisk(megabytes: 4)
        let server = try FaultServer(state: disk.path)
        if hasState {
            try await server.startResponder()
            try await server.killResponder()
        }
        try disk.fill()
        let responder = try server.launchResponder()
        #expect(try await responder.end() == 1)
        #expect(responder.output.contains("critical"), "\(responder.output)")
        #expect(responder.output.contains(disk.path) || responder.output.contains("'./"), "\(responder.output)")
        try disk.empty()
        try await server.startResponder()
    }

    // MARK: - Read-only

    @Test(.enabled(if: FaultTests.isRoot, "Only root can mount a disk read-only."))
    func aStartOnAReadOnlyDiskEndsWithASentence() async throws {
        let disk = try SmallDisk(megabytes: 4)
        let server = try FaultServer(state: disk.path)
        try await server.startResponder()
        try await server.killResponder()
        try disk.remount("ro")
        let responder = try server.launchResponder()
        #expect(try await responder.end() == 1)
        #expect(responder.output.contains("critical"), "\(responder.output)")
        #expect(responder.output.contains("cannot be made: Read-only file system."), "\(responder.output)")
    }

    // MARK: - Errors

    /// EIO is a disk that fails, EROFS one that the kernel has made read-only when it failed.
    @Test(arguments: [("write -wal 5", 5), ("write .sqlite-wal 30", 30), ("sync -wal 5", 5)])
    func aDiskThatFailsRefusesWritesAnswersReadsAndRecoversByItself(fault: String, number: Int) async throws {
        let shim = try Shim()
        let server = try FaultServer()
        try await server.startResponder(shim.preparation)
        try await server.startNginx()
        try server.auditTasks()
        let client = try server.client("alice")
        let writers = Writers(client)
        try await writers.work {
            try await eventually("some load") { writers.count.operations > 20 }
            try shim.disk(fails: fault)
            try await eventually("writes are refused") { writers.count.statuses[503, default: 0] > 20 }
            #expect(try await client.bulk([.create("tasks", #""id":"refused","title":"A""#)]).status == 503)
            #expect(try await client.get("/ready").status == 503)
            #expect(try await client.get("/api/v1/sync/changes").status == 200)
            #expect(try server.responder.output.contains("SQLite reports: "))
            try shim.disk(fails: nil)
            let before = writers.count.operations
            try await eventually("writes go through again") { writers.count.operations > before + 20 }
            // What was acknowledged is on the disk, and not only in the memory of a server that has seen errors.
            try await server.killResponder()
            try await server.startResponder()
        }
        try server.expectExactly(writers, isAudited: true)
    }

    /// After it the kernel may have dropped what was written: only the log has it still, and a new start copies it again.
    @Test func aDatabaseFileThatCannotBeSyncedEndsTheServerAndANewStartHasEverything() async throws {
        let shim = try Shim()
        let server = try FaultServer()
        try await server.startResponder(shim.preparation)
        try await server.startNginx()
        let writers = Writers(try server.client("alice"))
        try server.fillLog()
        try shim.disk(fails: "sync .sqlite 5")
        try await writers.work {
            let responder = try server.responder
            #expect(try await responder.end() == 1)
            #expect(responder.output.contains("cannot be brought onto the disk"), "\(responder.output.suffix(2000))")
            try shim.disk(fails: nil)
            try await server.startResponder(shim.preparation)
        }
        try server.expectExactly(writers)
    }
}
