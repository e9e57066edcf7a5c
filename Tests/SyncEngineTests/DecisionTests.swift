@testable import SyncEngine
import SyncKit
import SyncStore
import Testing

/// The table of PROTOCOL section 4, row by row.
@Suite struct DecisionTests {
    @Test func aCreateOfANewIdIsWritten() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: nil) == .write(try document(#"{"a":1}"#)))
    }

    @Test func aCreateOfEqualContentIsNothing() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record(#"{"a":1,"b":2}"#)) == .noop)
    }

    @Test func aCreateOverAnotherClientsRecordExists() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record(#"{"a":2}"#)) == .conflict(.exists, .serverWins, fields: ["a"]))
    }

    @Test func aCreateOverOnesOwnRecordIsAnUpdate() throws {
        let decision = try decide(.create, #"{"a":1}"#, on: record(#"{"a":2,"b":3}"#, by: "laptop"))
        #expect(decision == .write(try document(#"{"a":1,"b":3}"#)))
    }

    @Test func aCreateOverATombstoneIsDeleted() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: record("{}", isDeleted: true)) == .conflict(.deleted, .serverWins))
    }

    @Test func aCreateOverAGraveIsDeleted() throws {
        #expect(try decide(.create, #"{"a":1}"#, on: nil, isBuried: true) == .conflict(.deleted, .serverWins))
    }

    @Test func aCreateThatKnowsTheTombstoneRevives() throws {
        let revived = Decision.write(try document(#"{"a":1}"#))
        #expect(try decide(.create, #"{"a":1}"#, on: record("{}", isDeleted: true), knowsTombstone: true) == revived)
        #expect(try decide(.create, #"{"a":1}"#, on: nil, isBuried: true, knowsTombstone: true) == revived)
    }

    @Test func anUpdateOfAnUnknownIdIsNotFound() throws {
        #expect(try decide(.update, #"{"a":1}"#, on: nil) == .conflict(.notFound, .none))
    }

    @Test func anUpdateOfADeletedRecordIsDeleted() throws {
        #expect(
            try decide(.update, #"{"a":1}"#, on: record("{}", isDeleted: true), knowsTombstone: true) == .conflict(.deleted, .serverWins))
        #expect(try decide(.update, #"{"a":1}"#, on: nil, isBuried: true) == .conflict(.deleted, .serverWins))
    }

    @Test func anUpdateOfTheNewestVersionIsApplied() throws {
        #expect(try decide(.update, #"{"a":1}"#, on: record(#"{"a":3,"b":2}"#), base: 10) == .write(try document(#"{"a":1,"b":2}"#)))
    }

    @Test func equalValuesNeverConflict() throws {
        #expect(try decide(.update, #"{"a":1.0,"z":null}"#, on: record(#"{"a":1}"#)) == .noop)
    }

    @Test func aDeleteOfNothingIsNothing() throws {
        #expect(try decide(.delete, on: nil) == .noop)
        #expect(try decide(.delete, on: record("{}", isDeleted: true)) == .noop)
    }

    @Test func aDeleteOfTheNewestVersionDeletes() throws {
        #expect(try decide(.delete, on: record(#"{"a":1}"#), base: 10) == .delete())
    }

    @Test func aConcurrentDeleteWinsAndNamesWhatItDiscards() throws {
        let decision = try decide(.delete, on: record(#"{"a":1}"#))
        #expect(decision == .delete(overwritten: [Overwritten(name: "a", value: JSONValue(integer: 1), side: .server)]))
    }

    @Test func aConcurrentDeleteIsAConflictWhereTheHandlerSaysSo() throws {
        #expect(try decide(.delete, on: record(#"{"a":1}"#), deletes: .conflict) == .conflict(.stale, .serverWins))
    }
}

/// A concurrent update under each policy.
@Suite struct PolicyTests {
    private let overA = [Overwritten(name: "a", value: JSONValue(integer: 3), side: .server)]

    private func update(_ policy: ConflictPolicy, edited: Int64 = 100) throws -> Decision {
        try decide(.update, #"{"a":1,"b":2}"#, on: record(#"{"a":3,"b":2,"c":9}"#, edited: 100), edited: edited, policy: policy)
    }

    @Test func serverWinsRefuses() throws {
        #expect(try update(.serverWins) == .conflict(.stale, .serverWins, fields: ["a"]))
    }

    @Test func manualAsks() throws {
        #expect(try update(.manual) == .conflict(.stale, .manual, fields: ["a"]))
    }

    @Test func clientWinsWritesAndNamesWhatItDiscards() throws {
        #expect(try update(.clientWins, edited: 1) == .write(try document(#"{"a":1,"b":2,"c":9}"#), overwritten: overA))
    }

    @Test func lastWriteWinsTakesTheLaterEdit() throws {
        #expect(try update(.lastWriteWins, edited: 101) == .write(try document(#"{"a":1,"b":2,"c":9}"#), overwritten: overA))
        #expect(try update(.lastWriteWins, edited: 99) == .conflict(.stale, .serverWins, fields: ["a"]))
    }

    @Test func ofTwoEditsAtOneTimeTheOneThatArrivesWins() throws {
        #expect(try update(.lastWriteWins, edited: 100) == .write(try document(#"{"a":1,"b":2,"c":9}"#), overwritten: overA))
    }
}

/// A field that both sides changed, under each rule.
@Suite struct FieldRuleTests {
    /// The server has `s`, which another client wrote at version 10, and the edit brings `c` from base 0.
    private func merge(_ rule: FieldRule, server s: String, client c: String, edited: Int64 = 100) throws -> Decision {
        try decide(
            .update, "{\"f\":\(c)}", on: record("{\"f\":\(s)}", edited: 100), edited: edited, policy: .merge(.serverWins, ["f": rule]))
    }

    private func client(_ c: String, over s: String) throws -> Decision {
        .write(
            try document("{\"f\":\(c)}"), isMerged: true,
            overwritten: [Overwritten(name: "f", value: try document("{\"f\":\(s)}")["f"], side: .server)])
    }

    private func server(_ s: String, over c: String) throws -> Decision {
        .write(
            try document("{\"f\":\(s)}"), isMerged: true,
            overwritten: [Overwritten(name: "f", value: try document("{\"f\":\(c)}")["f"], side: .client)])
    }

    @Test func lastWriteWinsTakesTheLaterEdit() throws {
        #expect(try merge(.lastWriteWins, server: "1", client: "2", edited: 101) == client("2", over: "1"))
        #expect(try merge(.lastWriteWins, server: "1", client: "2", edited: 100) == client("2", over: "1"))
        #expect(try merge(.lastWriteWins, server: "1", client: "2", edited: 99) == server("1", over: "2"))
    }

    @Test func serverWinsKeepsTheServersValue() throws {
        #expect(try merge(.serverWins, server: "1", client: "2") == server("1", over: "2"))
    }

    @Test func clientWinsTakesTheClientsValue() throws {
        #expect(try merge(.clientWins, server: "1", client: "2", edited: 1) == client("2", over: "1"))
    }

    @Test func maxTakesTheLargerNumberOrLaterDate() throws {
        #expect(try merge(.max, server: "1", client: "2", edited: 1) == client("2", over: "1"))
        #expect(try merge(.max, server: "2", client: "1.5") == server("2", over: "1.5"))
        #expect(
            try merge(.max, server: #""2026-01-01""#, client: #""2026-01-01T00:00:01+01:00""#)
                == server(#""2026-01-01""#, over: #""2026-01-01T00:00:01+01:00""#))
    }

    @Test func minTakesTheSmallerOne() throws {
        #expect(try merge(.min, server: "1", client: "2") == server("1", over: "2"))
        #expect(try merge(.min, server: "2", client: "1", edited: 1) == client("1", over: "2"))
    }

    @Test func whatCannotBeComparedGoesToTheLaterEdit() throws {
        #expect(try merge(.max, server: #""x""#, client: "2", edited: 99) == server(#""x""#, over: "2"))
        #expect(try merge(.union, server: #"["x"]"#, client: "2", edited: 101) == client("2", over: #"["x"]"#))
    }

    @Test func unionKeepsBothsStringsOnce() throws {
        #expect(
            try merge(.union, server: #"["a","b"]"#, client: #"["b","c"]"#)
                == .write(
                    try document(#"{"f":["a","b","c"]}"#), isMerged: true,
                    overwritten: [
                        Overwritten(name: "f", value: JSONValue(strings: ["c"]), side: .server),
                        Overwritten(name: "f", value: JSONValue(strings: ["a"]), side: .client),
                    ])
        )
    }

    @Test func manualWritesNothingOfTheOperation() throws {
        let decision = try decide(
            .update, #"{"f":2,"g":3}"#, on: record(#"{"f":1}"#), policy: .merge(.clientWins, ["f": .manual]))
        #expect(decision == .conflict(.stale, .manual, fields: ["f"]))
    }

    @Test func aFieldThatOnlyThisClientChangedIsKept() throws {
        // `a` has its stamp from the record's beginning, which the client knows; `b` was changed at version 10.
        let stamps = FieldStamps().changed(
            ["b"], record: Stamp(version: Version(5), writer: "phone"), version: Version(10), writer: "phone",
            edited: Timestamp(milliseconds: 100))
        let stored = StoredRecord(
            content: try document(#"{"a":1,"b":2}"#), createdAt: Timestamp(milliseconds: 1), isDeleted: false,
            stamp: Stamp(version: Version(10), writer: "phone"), fieldStamps: stamps, document: [])
        let disjoint = try decide(.update, #"{"a":7}"#, on: stored, base: 5, policy: .merge(.manual))
        #expect(disjoint == .write(try document(#"{"a":7,"b":2}"#), isMerged: true))
        #expect(try decide(.update, #"{"b":7}"#, on: stored, base: 5, policy: .merge(.manual)) == .conflict(.stale, .manual, fields: ["b"]))
    }

    @Test func aClearedFieldIsAChange() throws {
        #expect(
            try merge(.clientWins, server: "1", client: "null")
                == .write(Document(), isMerged: true, overwritten: [Overwritten(name: "f", value: JSONValue(integer: 1), side: .server)]))
        #expect(
            try merge(.serverWins, server: "1", client: "null")
                == .write(try document(#"{"f":1}"#), isMerged: true, overwritten: [Overwritten(name: "f", value: nil, side: .client)]))
    }
}

@Suite struct StampTests {
    private let edited = Timestamp(milliseconds: 0)

    @Test func aThirdPartysChangeIsNotForgotten() {
        let stamp = Stamp(version: Version(1), writer: "a").followed(by: Version(2), of: "b", edited: edited)
            .followed(by: Version(3), of: "b", edited: edited)
        #expect(stamp.newestVersion(notBy: "b") == Version(1))
        #expect(stamp.newestVersion(notBy: "a") == Version(3))
        #expect(stamp.newestVersion(notBy: "c") == Version(3))
    }
}

// MARK: - Shorthands

private func document(_ json: String) throws -> Document { try #require(Document(json: json)) }

/// A record at version 10, written by the phone.
private func record(_ json: String, isDeleted: Bool = false, by writer: String = "phone", edited: Int64 = 0) throws -> StoredRecord {
    StoredRecord(
        content: try document(json), createdAt: Timestamp(milliseconds: 1), isDeleted: isDeleted,
        stamp: Stamp(version: Version(10), writer: writer, edited: Timestamp(milliseconds: edited)), document: [])
}

/// The decision on an edit of the laptop's, made on a version before the record's if no other is given.
private func decide(
    _ kind: Operation.Kind, _ json: String = "{}", on record: StoredRecord?, isBuried: Bool = false, base: Int64 = 0,
    edited: Int64 = 0, knowsTombstone: Bool = false, policy: ConflictPolicy = .serverWins, deletes: DeletePolicy = .deleteWins
) throws -> Decision {
    let edit = Edit(
        kind: kind, content: try document(json), author: Author(client: "laptop", edited: Timestamp(milliseconds: edited)),
        horizon: Horizon(others: Version(base), own: .newest, ownClaimed: .newest), knowsTombstone: knowsTombstone)
    return Decision.decide(edit, on: record, isBuried: isBuried, before: record.map(Writes.init(of:)), policy: policy, deletes: deletes)
}
