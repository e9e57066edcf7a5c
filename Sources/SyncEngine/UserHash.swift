import Crypto
package import SyncStore

/// A user's name in the log: the same for all lines of one user, and nobody who has but the log can tell whose they are.
package struct UserHash: Sendable {
    private let key: SymmetricKey

    /// - Parameter secret: the database's; with another one all users have other names.
    package init(secret: [UInt8]) {
        // A key of its own, so that nothing that is logged is of use against the cursors (RFC 5869).
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array("meelio-sync: users in the log".utf8), outputByteCount: 32)
    }

    /// The first 8 bytes of HMAC-SHA256 (RFC 2104) of the subject, as 16 hexadecimal digits.
    package func name(of user: UserID) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(user.subject.utf8), using: key)
        return code.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
