import SyncKit
import SyncStore

/// What a token says whose signature is right.
struct VerifiedToken: Sendable {
    let user: UserID
    /// The claim `plan`: what the user may keep.
    let plan: String?
    /// Seconds since 1970, as in the claims `exp` and `nbf` (RFC 7519, 4.1).
    let expires: Double
    let notBefore: Double?
    /// Which of the ``Authenticator``'s keys it was checked with: those that it had first, 0, or that were read again later.
    var generation = 0

    func of(generation: Int) -> VerifiedToken {
        var token = self
        token.generation = generation
        return token
    }

    /// Clocks of two machines are never quite the same.
    static let leeway = 30.0

    /// - Throws: 401 if the token is not valid yet, or not any more.
    func check(at now: Timestamp) throws(RequestError) {
        let seconds = Double(now.milliseconds) / 1000
        guard seconds < expires + Self.leeway else { throw RequestError(.unauthenticated, "The token has expired.") }
        guard seconds >= (notBefore ?? seconds) - Self.leeway else {
            throw RequestError(.unauthenticated, "The token is not valid yet.")
        }
    }
}
