import Crypto
package import SyncStore

/// What stands for a user where nobody may learn whose it is: the same for all that is of one user, and told apart by purpose.
package struct UserHash: Sendable {
    /// Each has a key of its own, so that nothing of one is of use against another, or against the cursors (RFC 5869).
    package enum Purpose: String {
        case log = "meelio-sync: users in the log"
        case notices = "meelio-sync: channels of notices"
    }

    private let key: SymmetricKey

    /// - Parameter secret: the database's; with another one all users have other hashes.
    package init(secret: [UInt8], for purpose: Purpose) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array(purpose.rawValue.utf8), outputByteCount: 32)
    }

    /// HMAC-SHA256 (RFC 2104) of the subject: 32 bytes.
    package func code(of user: UserID) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(user.subject.utf8), using: key))
    }

    /// The user's name in the log: the first 8 bytes of the code, as 16 hexadecimal digits.
    package func name(of user: UserID) -> String {
        code(of: user).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
