import Foundation
import SyncKit
import SyncStore
import SyncTesting
import Testing

/// A backup that is put back (PROTOCOL section 2, cursors).
@Suite struct EpochTests {
    private let server: TestServer
    private let backup: String

    init() throws {
        server = try TestServer.policies()
        _ = try server.bulk([.create("server", #""id":"old","title":"A""#)])
        backup = server.path + ".backup"
        try Store.backUp(database: server.path, to: backup)
    }

    private func restore() throws {
        try server.store.close()
        try Store.restore(backup: backup, to: server.path)
        try server.reopen()
    }

    @Test func cursorsOfBeforeAreResets() throws {
        _ = try server.bulk([.create("server", #""id":"lost","title":"A""#)])
        let seen = try server.bulk([])
        try restore()
        let reply = try server.bulk([], seen.cursor)
        #expect(reply["resetReason"].string == "epoch")
        #expect(reply.changedIDs == ["old"])
        #expect(reply["epoch"] != seen["epoch"])
    }

    @Test func versionsGoOnAboveAllThatWereGivenOut() throws {
        // Far ahead of the clock, as under many writes.
        server.clock.advance(milliseconds: 3_600_000)
        let lost = try server.bulk([.create("server", #""id":"lost","title":"A""#)])["results"][0]["version"].integer ?? 0
        server.clock.advance(milliseconds: -7_200_000)
        try restore()
        let next = try server.bulk([.create("server", #""id":"new","title":"A""#)])["results"][0]["version"].integer ?? 0
        #expect(next > lost)
        let other = try server.bulk([.create("server", #""id":"new","title":"A""#)], as: "bob")["results"][0]["version"].integer ?? 0
        #expect(other > lost)
    }

    @Test func aVersionThatIsLostIsNoBase() throws {
        let kept = try server.bulk([])
        let lost = try server.bulk([.update("server", #""id":"old","title":"B""#, by: "laptop")], kept.since)
        try restore()
        // It is of what the record became after the backup; what stood in the backup may have come to be otherwise.
        let base = "\"baseVersion\":\(lost["results"][0]["version"].integer ?? 0)"
        #expect(try server.bulk([.update("server", #""id":"old","title":"C""#, by: "tablet", base)]).conflictTypes == ["stale"])
        #expect(try server.bulk([.update("server", #""id":"old","title":"D""#, by: "tablet")], lost.since).conflictTypes == ["stale"])
        #expect(try server.bulk([.update("server", #""id":"old","title":"E""#, by: "tablet")], kept.since).statuses == ["applied"])
    }

    @Test func aVersionThatNobodyGaveOutIsNoBase() throws {
        let base = "\"baseVersion\":\"2100-01-01\""
        #expect(try server.bulk([.update("server", #""id":"old","title":"B""#, by: "tablet", base)]).conflictTypes == ["stale"])
    }

    @Test func aClientWithoutCursorsGetsWhatIsThereAgain() throws {
        _ = try server.bulk([.update("server", #""id":"old","title":"B""#)])
        let lost = try server.bulk([])
        try restore()
        let reply = try server.bulk([], lost.since)
        #expect(reply["serverChanges"][0]["data"]["title"].string == "A")
        #expect(try server.bulk([], reply.since).changedIDs.isEmpty)
    }

    @Test func ofAUserWhomTheBackupDoesNotKnowEverythingIsSentAnew() throws {
        let lost = try server.bulk([.create("server", #""id":"new","title":"A","from":1"#)], as: "bob")
        try restore()
        // As sent, and yet not what the client has: it has the record that is lost, too.
        let reply = try server.bulk([.create("server", #""id":"new","title":"A""#, at: "2026-11-19")], lost.since, as: "bob")
        #expect(reply.statuses == ["applied"] && reply.changedIDs == ["new"])
    }

    @Test func soItDoesAfterTwoBackups() throws {
        let lost = try server.bulk([.create("server", #""id":"new","title":"A""#)])
        try restore()
        let again = server.path + ".again"
        try Store.backUp(database: server.path, to: again)
        try server.store.close()
        try Store.restore(backup: again, to: server.path)
        try server.reopen()
        #expect(try server.bulk([], lost.since).changedIDs == ["old"])
    }

    @Test func aDatabaseInUseIsNotReplaced() throws {
        #expect(throws: StoreError.unusable("The database '\(server.path)' is in use. Stop the server first.")) {
            try Store.restore(backup: backup, to: server.path)
        }
        #expect(try server.record("old")["title"].string == "A")
    }

    @Test func aDamagedBackupChangesNothing() throws {
        let broken = server.path + ".broken"
        try Data(repeating: 7, count: 4096).write(to: URL(filePath: broken))
        #expect(throws: StoreError.self) { try Store.restore(backup: broken, to: server.path) }
        #expect(throws: StoreError.self) { try Store.restore(backup: "/nowhere", to: server.path) }
        #expect(throws: StoreError.self) { try Store.backUp(database: server.path, to: backup) }
        #expect(try server.record("old")["title"].string == "A")
    }
}
