@testable import SyncEngine
import SyncStore
import Testing

@Suite struct CursorSealTests {
    private func seal(user: String = "alice", epoch: String = "e1", entities: Set<String>? = nil, key: UInt8 = 1) throws -> CursorSeal {
        let keys = CursorSeal.Keys(key: Array(repeating: key, count: 32), epoch: epoch)
        return CursorSeal(keys, user: try #require(UserID(user)), entities: entities)
    }

    private let cursor = Cursor(
        position: Version(1_795_000_000_123), snapshotHead: Version(1_795_000_000_999), complete: Version(1_794_000_000_000),
        isFirstSync: true, own: Version(1_795_000_000_999), servedSet: 300)

    private func refusal(_ text: String, by seal: CursorSeal) -> Cursor.Refusal? {
        guard let opened = seal.open(text) else { return .malformed }
        return opened.refusal
    }

    @Test func whatIsSealedIsOpened() throws {
        let seal = try seal(entities: ["tasks", "notes"])
        #expect(seal.open(seal.seal(cursor))?.cursor == cursor)
        var longer = cursor
        (longer.own, longer.ahead, longer.cutUnder) = (Version(1_795_000_000_500), Version(1_794_999_999_999), 2)
        #expect(seal.open(seal.seal(longer))?.cursor == longer)
    }

    @Test func aCursorOfAnEarlierServerIsOpened() throws {
        // Of position 1, snapshot head 2 and complete 3, for 'alice', made by a server that knew of no sets of entities.
        let text = "AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAItcxN9-7H0yXvXvA2S2k5yaYaw88Xy4ePvtn-Yv7iL_"
        let opened = try #require(try seal().open(text))
        #expect(
            opened.cursor
                == Cursor(position: Version(1), snapshotHead: Version(2), complete: Version(3), isFirstSync: false, own: Version(2)))
    }

    @Test func aCursorOfAnotherUserOrKeyIsMalformed() throws {
        let text = try seal().seal(cursor)
        #expect(refusal(text, by: try seal(user: "bob")) == .malformed)
        #expect(refusal(text, by: try seal(key: 2)) == .malformed)
    }

    @Test func aCursorOfAnotherEpochOrFilterIsSaidToBe() throws {
        let text = try seal().seal(cursor)
        #expect(refusal(text, by: try seal(epoch: "e2")) == .epoch)
        #expect(try seal(epoch: "e2").open(text)?.cursor == cursor)
        #expect(refusal(text, by: try seal(entities: ["tasks"])) == .filter)
    }

    @Test func everyChangedCharacterIsNoticed() throws {
        let seal = try seal()
        let text = Array(seal.seal(cursor))
        // The last character's lowest bits are padding, and mean nothing.
        for index in text.indices.dropLast() {
            var forged = text
            forged[index] = forged[index] == "A" ? "B" : "A"
            #expect(refusal(String(forged), by: seal) == .malformed)
        }
    }

    @Test(arguments: ["", "x", "!!!!", "AAAA", String(repeating: "A", count: 76), String(repeating: "A", count: 100_000), "é"])
    func nonsenseIsMalformed(text: String) throws {
        #expect(refusal(text, by: try seal()) == .malformed)
    }
}
