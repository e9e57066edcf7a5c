import Crypto
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

    /// - Parameter recent: what the calling thread remembers.
    /// - Throws: 401 with the reason in one sentence.
    package func account(of request: Request, recent: inout RecentTokens) throws(RequestError) -> Account {
        let token = try verifiedToken(bearerToken(of: request), &recent)
        try token.check(at: now())
        return Account(user: token.user, plan: token.plan)
    }

    private func bearerToken(of request: Request) throws(RequestError) -> Substring {
        guard let authorization = request.field(.authorization) else {
            throw RequestError(.unauthenticated, "The request has no 'Authorization: Bearer …' field.")
        }
        // The scheme's case does not count (RFC 9110, 11.1).
        let scheme = authorization.utf8.prefix(7)
        guard authorization.utf8.count < 8192, scheme.elementsEqual("Bearer ".utf8) || Substring(scheme).lowercased() == "bearer " else {
            throw RequestError(.unauthenticated, "The field 'Authorization' is not of the form 'Bearer TOKEN'.")
        }
        return Substring(authorization.utf8.dropFirst(7).drop { $0 == UInt8(ascii: " ") })
    }

    private func verifiedToken(_ text: Substring, _ recent: inout RecentTokens) throws(RequestError) -> VerifiedToken {
        var text = text
        let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
        if let known = recent[digest] { return known }
        let token: VerifiedToken
        if let known = verified[digest] {
            token = known
        } else {
            token = try tokens.verify(String(text))
            verified[digest] = token
        }
        recent[digest] = token
        return token
    }
}
