package import HTTP
import HTTPTypes
package import SyncKit
package import SyncEngine

/// Finds out whose request it is: a bearer token in `Authorization` (RFC 6750), signed with the server's own key.
package final class Authenticator: Sendable {
    private let tokens: TokenVerifier
    private let verified: TokenCache
    private let now: @Sendable () -> Timestamp

    /// - Parameter cacheSize: how many verified tokens are remembered, so that their signatures are checked once.
    package init(key: SigningKey, cacheSize: Int = 10_000, now: @escaping @Sendable () -> Timestamp) {
        tokens = TokenVerifier(key: key)
        verified = TokenCache(capacity: cacheSize)
        self.now = now
    }

    /// - Throws: 401 with the reason in one sentence.
    package func account(of request: Request) throws(RequestError) -> Account {
        guard let authorization = request.fields[.authorization] else {
            throw RequestError(.unauthenticated, "The request has no 'Authorization: Bearer …' field.")
        }
        // The scheme's case does not count (RFC 9110, 11.1).
        guard authorization.utf8.count < 8192, authorization.prefix(7).lowercased() == "bearer " else {
            throw RequestError(.unauthenticated, "The field 'Authorization' is not of the form 'Bearer TOKEN'.")
        }
        let token = String(authorization.dropFirst(7).drop { $0 == " " })
        let now = now()
        if let known = verified[token] {
            try known.check(at: now)
            return Account(user: known.user, plan: known.plan)
        }
        let fresh = try tokens.verify(token)
        try fresh.check(at: now)
        verified[token] = fresh
        return Account(user: fresh.user, plan: fresh.plan)
    }
}
