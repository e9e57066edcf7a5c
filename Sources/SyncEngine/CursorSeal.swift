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

    private static let payloadCount = 41
    private static let codeCount = 16

    /// `base64url(position | snapshotHead | complete | isFirstSync | epoch, hashed | filter, hashed | code)`, 76 characters.
    func seal(_ cursor: Cursor) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.payloadCount + Self.codeCount)
        for version in [cursor.position, cursor.snapshotHead, cursor.complete] {
            withUnsafeBytes(of: version.value.bigEndian) { bytes += $0 }
        }
        bytes.append(cursor.isFirstSync ? 1 : 0)
        bytes += database
        bytes += filter
        bytes += code(of: bytes)
        return Base64URL.encode(bytes)
    }

    /// - Throws: why the text was not made by ``seal(_:)`` for this user, database and filter.
    func open(_ text: String) throws(Cursor.Refusal) -> Cursor {
        guard text.utf8.count < 100, let data = Base64URL.decode(text), data.count == Self.payloadCount + Self.codeCount else {
            throw .malformed
        }
        let payload = Array(data.prefix(Self.payloadCount))
        guard Self.areEqual(code(of: payload), Array(data.suffix(Self.codeCount))) else { throw .malformed }
        guard payload[25..<33].elementsEqual(database) else { throw .epoch }
        guard payload[33..<41].elementsEqual(filter) else { throw .filter }
        return Cursor(
            position: Self.version(payload[0..<8]), snapshotHead: Self.version(payload[8..<16]),
            complete: Self.version(payload[16..<24]), isFirstSync: payload[24] == 1)
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
