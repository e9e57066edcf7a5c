// A cursor carries what the server must know to go on, and a message authentication code, so that nobody can make one
// up, and the server keeps no table of cursors.

import Crypto
import Foundation
import SyncStore

/// Turns the cursors of one user, database and entity filter into opaque text and back.
struct CursorSeal {
    let key: [UInt8]
    let user: UserID
    let epoch: String
    /// The entities that the client wants; nil for all.
    let entities: Set<String>?

    private static let payloadCount = 41
    private static let codeCount = 16

    /// `base64url(position | snapshotHead | complete | isFirstSync | epoch, hashed | filter, hashed | code)`, 76 characters.
    func seal(_ cursor: Cursor) -> String {
        let payload =
            Self.bytes(cursor.position) + Self.bytes(cursor.snapshotHead) + Self.bytes(cursor.complete) + [cursor.isFirstSync ? 1 : 0]
            + epochFingerprint + filterFingerprint
        return Data(payload + code(of: payload)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Throws: why the text was not made by ``seal(_:)`` for this user, database and filter.
    func open(_ text: String) throws(Cursor.Refusal) -> Cursor {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        guard base64.utf8.count < 100,
            let data = Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)),
            data.count == Self.payloadCount + Self.codeCount
        else { throw .malformed }
        let payload = Array(data.prefix(Self.payloadCount))
        guard Self.areEqual(code(of: payload), Array(data.suffix(Self.codeCount))) else { throw .malformed }
        guard payload[25..<33].elementsEqual(epochFingerprint) else { throw .epoch }
        guard payload[33..<41].elementsEqual(filterFingerprint) else { throw .filter }
        return Cursor(
            position: Self.version(payload[0..<8]), snapshotHead: Self.version(payload[8..<16]),
            complete: Self.version(payload[16..<24]), isFirstSync: payload[24] == 1)
    }

    private var epochFingerprint: [UInt8] { Self.fingerprint(epoch) }

    private var filterFingerprint: [UInt8] {
        Self.fingerprint(entities.map { "only " + $0.sorted().joined(separator: ",") } ?? "all")
    }

    private static func fingerprint(_ text: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(text.utf8)).prefix(8))
    }

    private func code(of payload: [UInt8]) -> [UInt8] {
        var code = HMAC<SHA256>(key: SymmetricKey(data: key))
        code.update(data: payload)
        code.update(data: Array(user.subject.utf8))
        return Array(code.finalize().prefix(Self.codeCount))
    }

    /// Compares without leaving early, so that the time does not tell how much of a guess was right.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func bytes(_ version: Version) -> [UInt8] {
        withUnsafeBytes(of: version.value.bigEndian, Array.init)
    }

    private static func version(_ bytes: ArraySlice<UInt8>) -> Version {
        Version(Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
    }
}
