import JWTKit
import SyncKit
import SyncStore

/// Checks tokens: JSON Web Tokens (RFC 7519), signed with one of the keys.
struct TokenVerifier: Sendable {
    let keys: KeySet
    let issuer: String?
    let audience: String?

    /// - Throws: 401 with the reason, which never repeats the token.
    func verify(_ token: String) throws(RequestError) -> VerifiedToken {
        guard TokenHeader.isHarmless(in: token), let header = header(of: token) else {
            throw RequestError(.unauthenticated, "The token is not a JSON Web Token.")
        }
        let claims = try keys.claims(of: token, header)
        try checkOrigin(of: claims)
        guard let user = claims.sub.flatMap(UserID.init) else {
            throw RequestError(.unauthenticated, "The token has no subject 'sub' of 1 to 255 bytes without NUL.")
        }
        guard let expires = claims.exp else { throw RequestError(.unauthenticated, "The token has no expiry 'exp'.") }
        return VerifiedToken(user: user, plan: claims.plan, expires: expires, notBefore: claims.nbf)
    }

    private func header(of token: String) -> JWTHeader? {
        try? DefaultJWTParser().parse(Array(token.utf8), as: TokenClaims.self).header
    }

    /// A provider signs tokens for many; those that are for others are worth nothing here (RFC 8725, 3.8 and 3.9).
    private func checkOrigin(of claims: TokenClaims) throws(RequestError) {
        if let issuer, claims.iss.map({ issuer.utf8.elementsEqual($0.utf8) }) != true {
            throw RequestError(.unauthenticated, "The token's issuer 'iss' is not the one that is trusted here.")
        }
        if let audience, claims.aud?.values.contains(where: { audience.utf8.elementsEqual($0.utf8) }) != true {
            throw RequestError(.unauthenticated, "The token is for another audience 'aud' than this server.")
        }
    }
}
