import Crypto
import SyncEngine
package import SyncStore

/// The names of the channels on which users hear of changes. Whoever knows a channel may listen, so nobody can guess one: a
/// user gets the name of theirs with the status.
package struct NoticeChannels: Sendable {
    private let key: SymmetricKey

    /// - Parameter secret: the database's; with another one all users have other channels.
    package init(secret: [UInt8]) {
        // A key of its own, so that no channel is of use against the cursors (RFC 5869).
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array("meelio-sync: channels of notices".utf8), outputByteCount: 32)
    }

    /// HMAC-SHA256 (RFC 2104) of the subject in base64url: 43 letters, digits, `-` and `_`.
    package func channel(of user: UserID) -> String {
        Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(user.subject.utf8), using: key)))
    }
}
