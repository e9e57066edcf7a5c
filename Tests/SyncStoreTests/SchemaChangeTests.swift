import Foundation
import GRDB
import SyncKit
import SyncStore
import SyncTesting
import Testing

/// What becomes of a database when its handlers, or the file itself, have changed between two starts.
@Suite struct SchemaChangeTests {
    private let file: SampleFile

    init() throws {
        file = try SampleFile()
        let store = try file.open(Sample())
        try store.put("s1", #"{"title":"A","count":1,"later":"x"}"#)
        try store.close()
    }

    @Test func aRestartKeepsTheRecords() throws {
        let server = try TestServer([Sample()])
        _ = try server.bulk([.create("samples", #""id":"s1","title":"A","more":[1,{"é":null}]"#)])
        let before = try server.get("/api/v1/sync/changes")
        #expect(before["serverChanges"].array.count == 1)
        try server.restart()
        let after = try server.get("/api/v1/sync/changes")
        #expect(after["serverChanges"] == before["serverChanges"])
        #expect(after["cursor"].exists)
        _ = try server.bulk([.update("samples", #""id":"s1","title":"B""#)])
        #expect(try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"]["title"].string == "B")
    }

    @Test func anotherStartFindsTheSameDatabase() throws {
        let first = try file.open(Sample())
        let (epoch, key) = (first.epoch, first.cursorKey)
        try first.close()
        let second = try file.open(Sample())
        #expect(second.epoch == epoch)
        #expect(second.cursorKey == key)
        #expect(try second.ids() == ["s1"])
    }

    @Test func aNewOptionalFieldAppearsByItself() throws {
        let fields = Sample().fields + [.string("later"), .boolean("isDone", default: false)]
        let store = try file.open(Sample(fields: fields))
        try store.put("s2", #"{"title":"B","later":"y","isDone":true}"#)
        #expect(try store.ids() == ["s1", "s2"])
        // The old row has its column too, for what it happened to hold.
        let rows = try DatabaseQueue(path: file.path).read { db in
            try Row.fetchAll(db, sql: "SELECT id, title, later, is_done FROM samples ORDER BY id").map { row in
                [row["id"], row["title"], row["later"], (row["is_done"] as Int?).map(String.init)] as [String?]
            }
        }
        #expect(rows == [["s1", "A", "x", nil], ["s2", "B", "y", "1"]])
    }

    @Test func aWiderFieldIsTaken() throws {
        #expect(try file.complaint(Sample(fields: [.string("title", .required, length: 0...20_000), .integer("count")])) == nil)
        #expect(try file.complaint(Sample(fields: [.string("title", length: 0...20_000), .integer("count", .indexed)])) == nil)
    }

    @Test func aChangedTypeStopsTheStart() throws {
        let message = try file.complaint(Sample(fields: [.string("title", .required), .string("count")])) ?? ""
        #expect(message.contains(file.path))
        #expect(message.contains("'samples'"))
        #expect(message.contains("'count'"))
    }

    @Test func aNarrowerFieldStopsTheStart() throws {
        let message = try file.complaint(Sample(fields: [.string("title", .required, length: 0...5), .integer("count")])) ?? ""
        #expect(message.contains("'samples'"))
        #expect(message.contains("'title'"))
    }

    @Test func aRemovedFieldStopsTheStart() throws {
        let message = try file.complaint(Sample(fields: [.string("title", .required)])) ?? ""
        #expect(message.contains("'samples'"))
        #expect(message.contains("'count'"))
    }

    @Test func aNewRequiredFieldStopsTheStart() throws {
        let message = try file.complaint(Sample(fields: Sample().fields + [.string("owner", .required)])) ?? ""
        #expect(message.contains("'samples'"))
        #expect(message.contains("'owner'"))
        #expect(try file.complaint(Sample(fields: Sample().fields + [.string("owner", .required, default: "me")])) == nil)
    }

    @Test func aFieldThatBecomesRequiredStopsTheStart() throws {
        let message = try file.complaint(Sample(fields: [.string("title", .required), .integer("count", .required)])) ?? ""
        #expect(message.contains("'samples'"))
        #expect(message.contains("'count'"))
    }

    @Test func aNewUniqueRuleStopsTheStart() throws {
        let message = try file.complaint(Sample(uniqueRules: [UniqueRule("title")])) ?? ""
        #expect(message.contains("'samples'"))
        #expect(message.contains("title"))
    }

    @Test func aStopLeavesTheFileAsItWas() throws {
        #expect(try file.complaint(Sample(fields: Sample().fields + [.string("fine"), .string("owner", .required)])) != nil)
        let store = try file.open(Sample())
        #expect(try store.ids() == ["s1"])
        let columns = try DatabaseQueue(path: file.path).read { db in
            try String.fetchAll(db, sql: "SELECT name FROM pragma_table_xinfo('samples')")
        }
        #expect(columns.contains("count"))
        #expect(!columns.contains("fine"))
    }

    @Test func aFileThatIsNoDatabaseStopsTheStartAndIsLeftAlone() throws {
        let path = file.folder.path + "/other.sqlite"
        let bytes = Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ 7) })
        try bytes.write(to: URL(filePath: path))
        let message = try file.complaint(Sample(), at: path) ?? ""
        #expect(message.contains("'\(path)'"))
        #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
    }

    @Test func aNewerServersDatabaseStopsTheStart() throws {
        try makeNewer()
        let message = try file.complaint(Sample()) ?? ""
        #expect(message.contains(file.path))
        #expect(message.contains("newer server"))
    }

    @Test func noUserIsDeletedFromANewerServersDatabase() throws {
        try makeNewer()
        #expect(throws: StoreError.unusable("The database '\(file.path)' is a newer server's. Use that one.")) {
            try Store.deleteUser(#require(UserID("alice")), database: file.path)
        }
    }

    private func makeNewer() throws {
        try DatabaseQueue(path: file.path).write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 what is not known yet')")
        }
    }

    @Test func aFolderThatIsMissingStopsTheStart() throws {
        let path = file.folder.path + "/missing/test.sqlite"
        let message = try file.complaint(Sample(), at: path) ?? ""
        #expect(message.contains("'\(path)'"))
    }
}
