import Foundation
@testable import SyncEngine
import SyncStore

/// Cursors: one that was not sealed by us, for this user, database and filter, is never opened.
final class CursorTarget: FuzzTarget {
    /// For two users, two databases and three filters.
    private let seals: [CursorSeal]

    init() throws {
        let keys = ["e1", "e2"].map { CursorSeal.Keys(key: Array(repeating: 7, count: 32), epoch: $0) }
        let users = ["alice", "bob"].compactMap { UserID($0) }
        let filters: [Set<String>?] = [nil, ["tasks"], ["notes", "tasks"]]
        seals = keys.flatMap { key in users.flatMap { user in filters.map { CursorSeal(key, user: user, entities: $0) } } }
    }

    func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let (maker, opener) = (Int(reader.byte()) % seals.count, Int(reader.byte()) % seals.count)
        var cursor = Cursor(
            position: Version(reader.integer()), snapshotHead: Version(reader.integer()), complete: Version(reader.integer()),
            isFirstSync: reader.byte() & 1 == 1, own: Version(reader.integer()), servedSet: Int64(reader.byte()),
            ahead: Version(reader.integer()))
        if cursor.ahead != .zero { cursor.cutUnder = Int64(reader.byte()) }
        let sealed = seals[maker].seal(cursor)
        checkOpening(String(decoding: reader.rest, as: UTF8.self), by: seals[opener])
        var text = Array(sealed.utf8)
        reader.damage(&text)
        let opened = checkOpening(String(decoding: text, as: UTF8.self), by: seals[opener])
        if text.elementsEqual(sealed.utf8) {
            check((opened == cursor) == (maker == opener), "A cursor of seal \(maker) opened by \(opener) is \(opened as Any).")
        }
    }

    @discardableResult
    private func checkOpening(_ text: String, by seal: CursorSeal) -> Cursor? {
        guard let (opened, refusal) = seal.open(text), refusal == nil else { return nil }
        // The last character's lowest bits are padding, and mean nothing.
        check(Base64URL.decode(seal.seal(opened)) == Base64URL.decode(text), "'\(text)' was opened, and is not sealed so.")
        return opened
    }
}
