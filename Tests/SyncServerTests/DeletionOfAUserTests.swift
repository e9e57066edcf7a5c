import Foundation
import SyncEngine
import SyncServer
import SyncStore
import SyncTesting
import Testing

/// The right to be forgotten, while the server runs.
@Suite struct DeletionOfAUserTests {
    private let server: TestServer

    init() throws { server = try TestServer.sample() }

    @Test func nothingOfTheUserIsLeftInTheFiles() throws {
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"A secret of Alice's""#)], as: "alice")
        #expect(try Store.deleteUser(#require(UserID("alice")), database: server.path) == 1)
        for suffix in ["", "-wal"] {
            let bytes = FileManager.default.contents(atPath: server.path + suffix) ?? Data()
            for trace in ["A secret of", "alice"] { #expect(bytes.range(of: Data(trace.utf8)) == nil, "\(trace) in \(suffix)") }
        }
    }

    @Test func othersKeepTheirRecords() throws {
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"Bob's""#)], as: "bob")
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"Alice's""#)], as: "alice")
        _ = try Store.deleteUser(#require(UserID("alice")), database: server.path)
        #expect(try server.bulk([], as: "bob")["serverChanges"].array.count == 1)
        #expect(try Inspection(path: server.path).problems(isThorough: true) == [])
    }

    @Test func aDeviceThatComesBackBeginsAnew() throws {
        let cursor = try server.bulk([.create("tasks", #""id":"t1","title":"Old""#)], as: "alice")["cursor"].string ?? ""
        _ = try Store.deleteUser(#require(UserID("alice")), database: server.path)
        #expect(try server.bulk([], #""cursor":"\#(cursor)""#, as: "alice")["reset"].boolean == true)
        _ = try server.bulk([.create("tasks", #""id":"t2","title":"New""#)], as: "alice")
        let reply = try server.bulk([], #""cursor":"\#(cursor)""#, as: "alice")
        #expect(reply["reset"].boolean == true)
        #expect(reply["serverChanges"].array.map(\.["data"]["id"].string) == ["t2"])
    }

    @Test func whoIsNotThereIsNotDeleted() throws {
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"Bob's""#)], as: "bob")
        #expect(try Store.deleteUser(#require(UserID("nobody")), database: server.path) == nil)
    }
}
