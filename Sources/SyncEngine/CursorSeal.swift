// A cursor carries what the server must know to go on, and a message authentication code, so that nobody can make one
// up, and the server keeps no table of cursors.

import Crypto
import Foundation
import SyncStore

/// Turns the cursors of one user, database and entity filter into opaque text and back.
struct CursorSeal: Sendable {
    private let keyed: HMAC<SHA256>
    private let user: UserID
    /// The first bytes of a hash of the database's epoch, and of one of the filter.
    private let database: [UInt8]
    private let filter: [UInt8]

    /// - Parameter entities: those that the client wants; nil for all.
    init(_ keys: Keys, user: UserID, entities: Set<String>?) {
        keyed = keys.keyed
        self.user = user
        database = keys.database
        filter = entities.map { fingerprint("only " + $0.sorted().joined(separator: ",")) } ?? keys.noFilter
    }

    /// What is the same for all cursors of a database.
    struct Keys: Sendable {
        /// Made once: the key takes half of the work.
        fileprivate let keyed: HMAC<SHA256>
        fileprivate let database: [UInt8]
        fileprivate let noFilter = fingerprint("all")

        init(key: [UInt8], epoch: String) {
            keyed = HMAC(key: SymmetricKey(data: key))
            database = fingerprint(epoch)
        }
    }

    private static let codeCount = 16

    /// The numbers of a payload: three versions, the flags, the epoch and the filter, hashed. Cursors of earlier servers have no more.
    private static let firstCount = 41
    /// And the set of entities; with `own`, `ahead` and the set under which the page was cut there are 26 more.
    private static let shortCount = 43
    private static let longCount = 69

    /// `base64url(position | snapshotHead | complete | isFirstSync | epoch, hashed | filter, hashed | set | own | ahead | set | own start | code)`:
    /// 79 characters, or 114 with the two that most cursors do without.
    func seal(_ cursor: Cursor) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.longCount + Self.codeCount)
        for version in [cursor.position, cursor.snapshotHead, cursor.complete] { Self.append(version, to: &bytes) }
        bytes.append((cursor.isFirstSync ? 1 : 0) | (cursor.isOwnUnknown ? 2 : 0))
        bytes += database
        bytes += filter
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: cursor.servedSet).bigEndian) { bytes += $0 }
        if cursor.own != cursor.snapshotHead || cursor.ahead != .zero {
            Self.append(cursor.own, to: &bytes)
            Self.append(cursor.ahead, to: &bytes)
            withUnsafeBytes(of: UInt16(truncatingIfNeeded: cursor.cutUnder).bigEndian) { bytes += $0 }
            Self.append(cursor.ownStart, to: &bytes)
        }
        bytes += code(of: bytes)
        return Base64URL.encode(bytes)
    }

    /// The cursor, and why it cannot be used here; nil for a text that ``seal(_:)`` did not make for this user and database.
    func open(_ text: String) -> (cursor: Cursor, refusal: Cursor.Refusal?)? {
        guard text.utf8.count < 120, let data = Base64URL.decode(text), data.count > Self.codeCount else { return nil }
        let payload = Array(data.dropLast(Self.codeCount))
        guard [Self.firstCount, Self.shortCount, Self.longCount].contains(payload.count),
            Self.areEqual(code(of: payload), Array(data.suffix(Self.codeCount)))
        else { return nil }
        let snapshotHead = Self.version(payload[8..<16])
        var cursor = Cursor(
            position: Self.version(payload[0..<8]), snapshotHead: snapshotHead, complete: Self.version(payload[16..<24]),
            isFirstSync: payload[24] & 1 != 0, own: snapshotHead, isOwnUnknown: payload[24] & 2 != 0)
        if payload.count > Self.firstCount { cursor.servedSet = Int64(payload[41]) << 8 | Int64(payload[42]) }
        if payload.count > Self.shortCount {
            (cursor.own, cursor.ahead) = (Self.version(payload[43..<51]), Self.version(payload[51..<59]))
            cursor.cutUnder = Int64(payload[59]) << 8 | Int64(payload[60])
            cursor.ownStart = Self.version(payload[61..<69])
        }
        guard payload[25..<33].elementsEqual(database) else { return (cursor, .epoch) }
        guard payload[33..<41].elementsEqual(filter) else { return (cursor, .filter) }
        return (cursor, nil)
    }

    private static func append(_ version: Version, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: version.value.bigEndian) { bytes += $0 }
    }

    private func code(of payload: [UInt8]) -> [UInt8] {
        var code = keyed
        code.update(data: payload + user.subject.utf8)
        return Array(code.finalize().prefix(Self.codeCount))
    }

    /// Compares without leaving early, so that the time does not tell how much of a guess was right.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func version(_ bytes: ArraySlice<UInt8>) -> Version {
        Version(Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
    }
}

private func fingerprint(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8)).prefix(8)) }
