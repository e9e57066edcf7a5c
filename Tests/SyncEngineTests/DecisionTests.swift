@testable import SyncEngine
import SyncKit
import SyncStore
import Testing

/// The table of PROTOCOL section 4, row by row.
@Suite struct DecisionTests {
    private func record(_ json: String, isDeleted: Bool = false) throws -> StoredRecord {
        StoredRecord(
            content: try #require(Document(json: json)), createdAt: Timestamp(milliseconds: 1), isDeleted: isDeleted,
            stamp: StoredRecord.Stamp(version: Version(10), writer: "phone"), document: [])
    }

    private func decide(
        _ kind: Operation.Kind, _ json: String = "{}", on record: StoredRecord?, isConcurrent: Bool = false, mayRevive: Bool = false
    ) throws -> Decision {
        let edit = Edit(kind: kind, content: try #require(Document(json: json)), isConcurrent: isConcurrent, mayRevive: mayRevive)
        return Decision.decide(edit, on: record, policy: .serverWins)
    }

    @Test func aCreateOfANewIdIsWritten() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: nil) == .write(try #require(Document(json: #"{"a":1}"#))))
    }

    @Test func aCreateOfEqualContentIsNothing() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record(#"{"a":1,"b":2}"#), isConcurrent: true) == .noop)
    }

    @Test func aCreateOverAnotherClientsRecordExists() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record(#"{"a":2}"#), isConcurrent: true) == .conflict(.exists, .serverWins, fields: ["a"]))
    }

    @Test func aCreateOverOnesOwnRecordIsAnUpdate() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record(#"{"a":2,"b":3}"#)) == .write(try #require(Document(json: #"{"a":1,"b":3}"#))))
    }

    @Test func aCreateOverATombstoneIsDeleted() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record("{}", isDeleted: true)) == .conflict(.deleted, .serverWins, fields: []))
    }

    @Test func aCreateThatKnowsTheTombstoneRevives() throws {
        let decision = try decide(.create, #"{"a":1}"#, on: record("{}", isDeleted: true), mayRevive: true)
        #expect(decision == .write(try #require(Document(json: #"{"a":1}"#))))
    }

    @Test func anUpdateOfAnUnknownIdIsNotFound() throws {
        #expect(try decide(.update, #"{"a":1}"#, on: nil) == .conflict(.notFound, .none, fields: []))
    }

    @Test func anUpdateOfADeletedRecordIsDeleted() throws {
        #expect(try decide(.update, #"{"a":1}"#, on: record("{}", isDeleted: true), mayRevive: true) == .conflict(.deleted, .serverWins, fields: []))
    }

    @Test func aConcurrentUpdateIsStale() throws {
        let decision = try decide(.update, #"{"a":1,"b":2}"#, on: record(#"{"a":3,"b":2}"#), isConcurrent: true)
        #expect(decision == .conflict(.stale, .serverWins, fields: ["a"]))
    }

    @Test func equalValuesNeverConflict() throws {
        #expect(try decide(.update, #"{"a":1.0,"z":null}"#, on: record(#"{"a":1}"#), isConcurrent: true) == .noop)
    }

    @Test func aDeleteWinsOverAConcurrentChange() throws {
        #expect(try decide(.delete, on: record(#"{"a":1}"#), isConcurrent: true) == .delete)
    }

    @Test func aDeleteOfNothingIsNothing() throws {
        #expect(try decide(.delete, on: nil) == .noop)
        #expect(try decide(.delete, on: record("{}", isDeleted: true)) == .noop)
    }
}

@Suite struct StampTests {
    @Test func aThirdPartysChangeIsNotForgotten() {
        let stamp = StoredRecord.Stamp(version: Version(1), writer: "a").followed(by: Version(2), of: "b").followed(by: Version(3), of: "b")
        #expect(stamp.newestVersion(notBy: "b") == Version(1))
        #expect(stamp.newestVersion(notBy: "a") == Version(3))
        #expect(stamp.newestVersion(notBy: "c") == Version(3))
    }
}
