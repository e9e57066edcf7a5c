import Foundation
import SyncTesting
import Testing

/// The program's commands, as an operator gives them.
@Suite struct CommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: String...) throws -> Shell.Outcome { try run(arguments) }

    private func run(_ arguments: [String]) throws -> Shell.Outcome {
        try Shell.outcome(of: Binary.path, arguments, environment: ["MEELIO_SYNC_STATE": folder.path])
    }

    private func json(_ arguments: String...) throws -> [String: Any] { try object(try run(arguments + ["--json"]).output) }

    private func object(_ text: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    /// A file that brings a user some tasks, by way of `import`.
    private func makeUser(_ subject: String, tasks: Int) throws {
        let records = (0..<tasks).map { #"{"id":"t\#($0)","title":"Task \#($0)"}"# }.joined(separator: ",")
        let file = folder.path + "/\(UUID().uuidString).json"
        try #"{"format":1,"user":"\#(subject)","records":{"tasks":[\#(records)]}}"#.write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try run("import", file)
        #expect(outcome.output == "'\(subject)' has \(tasks) records now.\n", "\(outcome.errors)")
    }

    private var database: String { folder.path + "/meelio-sync.sqlite" }

    private func sqlite(_ statement: String) throws { _ = try Shell.run("sqlite3", [database, statement]) }

    /// As a disk does it that writes to the wrong place.
    private func damagePages() throws {
        let file = try #require(FileHandle(forUpdatingAtPath: database))
        try file.seek(toOffset: 3 * 4096)
        try file.write(contentsOf: Data(repeating: 0x5A, count: 20 * 4096))
        try file.close()
    }

    // MARK: - Help

    @Test(arguments: [
        "serve", "check", "token", "entities", "users", "stats", "export", "import", "delete", "backup", "restore", "purge",
    ])
    func theHelpOfEachCommandHasAnExample(command: String) throws {
        let help = try run("help", command)
        #expect(help.status == 0)
        #expect(help.output.contains("Example"))
        #expect(help.output.contains("meelio-sync \(command)"))
    }

    @Test func theVersionIsPrinted() throws {
        #expect(try run("--version").output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    // MARK: - Looking at it

    @Test func usersAreListedByWhatTheyHave() throws {
        try makeUser("alice", tasks: 2)
        try makeUser("bob", tasks: 5)
        let lines = try run("users", "--by", "records", "--json").output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""records":5,"subject":"bob""#) == true, "\(lines)")
        #expect(try json("users", "--by", "bytes", "--limit", "1")["subject"] as? String == "bob")
        let table = try run("users").output
        #expect(table.contains("alice") && table.contains("last write"))
    }

    @Test func statsCountWhatIsThere() throws {
        try makeUser("alice", tasks: 3)
        let stats = try json("stats")
        #expect(stats["users"] as? Int == 1)
        #expect((stats["entities"] as? [String: [String: Int]])?["tasks"]?["records"] == 3)
        #expect(stats["databaseBytes"] as? Int ?? 0 > 4096)
        #expect(try run("stats").output.contains("write-ahead log"))
    }

    @Test func entitiesAreListedBeforeThereIsADatabaseAndAfter() throws {
        #expect(try run("entities").output.contains("tasks"))
        try makeUser("alice", tasks: 3)
        let tasks = try run("entities", "--json").output.split(separator: "\n").first { $0.contains(#""name":"tasks""#) }
        #expect(tasks?.contains(#""isServed":true"#) == true)
        #expect(tasks?.contains(#""records":3"#) == true)
    }

    // MARK: - check

    @Test func checkSaysThatAllIsWell() throws {
        try makeUser("alice", tasks: 3)
        let outcome = try run("check", "--full")
        #expect(outcome.output == "All is well.\n")
        #expect(outcome.status == 0)
        #expect(try json("check")["isWell"] as? Bool == true)
    }

    @Test func checkFindsDamageInTheFile() throws {
        try makeUser("alice", tasks: 300)
        try damagePages()
        let outcome = try run("check", "--full")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("damaged") || outcome.output.contains("malformed"), "\(outcome.output)")
    }

    @Test func checkFindsCountsThatAreWrong() throws {
        try makeUser("alice", tasks: 3)
        try sqlite("UPDATE users SET usage = '[]'")
        let outcome = try run("check")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("The counts of the user 'alice' are not those of the records."))
    }

    @Test func checkFindsAnEntityThatDoesNotFit() throws {
        try makeUser("alice", tasks: 1)
        try sqlite("UPDATE entities SET schema_version = 99 WHERE name = 'tasks'")
        let faults = try json("check")["faults"] as? [String] ?? []
        #expect(faults.count == 1)
        #expect(faults.first?.contains("The entity 'tasks': its records have the schema version 99") == true, "\(faults)")
    }

    @Test func checkNamesASettingThatIsMisspelt() throws {
        let outcome = try run("check", "--thraeds", "8")
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("'--thraeds' on the command line is not a setting."))
    }

    @Test func checkChangesNothing() throws {
        #expect(try run("check").status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    // MARK: - A person's data

    @Test func aUserIsExportedDeletedAndImportedWhileTheServerRuns() async throws {
        let server = try await LiveServer(in: folder)
        let client = try server.client("alice")
        _ = try await client.bulk([.create("tasks", #""id":"t1","title":"Buy milk""#)])
        _ = try await client.bulk([.create("notes", #""id":"n1","title":"A note","content":"Text""#)])
        _ = try await client.bulk([.create("tasks", #""id":"t2","title":"Gone""#), .delete("tasks", "t2")])
        let file = folder.path + "/alice.json"
        #expect(try run("export", "alice", file).output == "2 records of 'alice' are in '\(file)'.\n")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let before = try await client.bulk([])

        #expect(try run("delete", "alice", "--yes").output == "'alice' and 3 records are deleted.\n")
        #expect(try await client.bulk([])["serverChanges"].array.isEmpty)
        #expect(try run("users").output.contains("alice") == false)

        #expect(try run("import", file).output == "'alice' has 2 records now.\n")
        let after = try await client.bulk([])
        #expect(titles(after) == titles(before))
        #expect(titles(after) == ["A note", "Buy milk"])
        #expect(try run("check", "--full").output == "All is well.\n")
    }

    private func titles(_ reply: Reply) -> [String] { reply["serverChanges"].array.compactMap(\.["data"]["title"].string).sorted() }

    @Test func anExportToStandardOutputIsOneJSONObject() throws {
        try makeUser("alice", tasks: 2)
        let export = try object(try run("export", "alice").output)
        #expect(
            Set(export.keys) == [
                "format", "user", "records", "deleted", "deletedContents", "refusals", "conflicts", "devices", "operations",
            ])
        #expect((export["records"] as? [String: [Any]])?["tasks"]?.count == 2)
        #expect((export["operations"] as? [Any])?.count == 2)
        #expect(export["devices"] as? [String] == ["import"])
    }

    @Test func whoIsNotThereIsNeitherExportedNorDeleted() throws {
        try makeUser("alice", tasks: 1)
        let file = folder.path + "/nobody.json"
        for arguments in [["export", "nobody", file], ["delete", "nobody", "--yes"]] {
            let outcome = try run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("There is no user 'nobody'."))
        }
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func anExportThatCannotBeWrittenWholeLeavesNothing() throws {
        try makeUser("alice", tasks: 1)
        let disk = try SmallDisk(megabytes: 1)
        try disk.fill()
        let before = try FileManager.default.contentsOfDirectory(atPath: disk.path)
        let outcome = try run("export", "alice", disk.path + "/alice.json")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("The export cannot be written to '\(disk.path)/alice.json':"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).count == before.count)
    }

    @Test(arguments: [["token"], ["export"], ["delete", "--yes"], ["import", "alice.json", "--as"]])
    func aSubjectHasOneTo255Bytes(command: [String]) throws {
        for subject in ["", String(repeating: "é", count: 128)] {
            let outcome = try run(command + [subject])
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("is invalid"))
        }
    }

    @Test func nothingIsDeletedWithoutConfirmation() throws {
        try makeUser("alice", tasks: 1)
        let outcome = try run("delete", "alice")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("Confirm with '--yes'."))
        #expect(try json("stats")["users"] as? Int == 1)
    }

    @Test func anImportIsForWhoHasNothing() throws {
        try makeUser("alice", tasks: 1)
        let file = folder.path + "/alice.json"
        _ = try run("export", "alice", file)
        let outcome = try run("import", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("'alice' has 1 records here"))
        #expect(try run("import", file, "--as", "carol").output == "'carol' has 1 records now.\n")
    }

    @Test func anImportWithARecordThatIsRefusedBringsNone() throws {
        let file = folder.path + "/bad.json"
        try #"{"format":1,"user":"alice","records":{"tasks":[{"id":"t1","title":"A"},{"id":"t2","title":7}]}}"#
            .write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try run("import", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("refuses 1 of the records:\n  tasks 't2': "), "\(outcome.errors)")
        #expect(try json("stats")["users"] as? Int == 0)
    }

    @Test(arguments: ["", "[]", "{", #"{"format":2,"user":"a","records":{}}"#, #"{"format":1,"user":"a","records":{"tasks":7}}"#])
    func whatIsNoExportIsNotImported(text: String) throws {
        let file = folder.path + "/bad.json"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try run("import", file)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("'\(file)' "))
    }

    // MARK: - Copies

    @Test func aBackupIsForItsOwnerAloneAndNeverOverAnother() throws {
        try makeUser("alice", tasks: 3)
        let file = folder.path + "/backup.sqlite"
        #expect(try json("backup", file)["bytes"] as? Int ?? 0 > 4096)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let again = try run("backup", file)
        #expect(again.status == 1)
        #expect(again.errors.contains("is there already."))
    }

    @Test func aBackupOfADamagedDatabaseLeavesNoFile() throws {
        try makeUser("alice", tasks: 300)
        try damagePages()
        let file = folder.path + "/backup.sqlite"
        #expect(try run("backup", file).status == 1)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func aTerminalSeesHowFarItIs() throws {
        try makeUser("alice", tasks: 3)
        let file = folder.path + "/backup.sqlite"
        let outcome = try Shell.outcome(
            of: "script", ["-qec", "\(Binary.path) backup \(file)", "/dev/null"], environment: ["MEELIO_SYNC_STATE": folder.path])
        #expect(outcome.output.contains("Copying [..."), "\(outcome.output)")
        #expect(outcome.output.contains("The database is in"))
    }

    @Test func aPurgeSaysWhatItHasRemoved() throws {
        try makeUser("alice", tasks: 2)
        try sqlite("UPDATE operations SET at = 0")
        #expect(try json("purge", "--days", "1") as? [String: Int] == ["tombstones": 0, "outcomes": 2, "conflicts": 0])
    }
}
