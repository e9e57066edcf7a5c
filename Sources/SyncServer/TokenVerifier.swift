import JWTKit
import SyncKit
import SyncStore

/// Checks the signatures of tokens (JSON Web Tokens, RFC 7519, signed with HS256).
struct TokenVerifier: Sendable {
    private let keys: JWTKeyCollection

    init(key: SigningKey) { keys = key.collection }

    /// The claims of a token that are of use here.
    struct Claims: JWTPayload {
        let sub: String?
        let exp: Double?
        var nbf: Double?
        var plan: String?

        // The times are checked with every use of the token and not only here, by ``VerifiedToken/check(at:)``.
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// - Throws: 401 with the reason, which never repeats the token.
    func verify(_ token: String) throws(RequestError) -> VerifiedToken {
        guard TokenHeader.isHarmless(in: token), let header = header(of: token) else {
            throw RequestError(.unauthenticated, "The token is not a JSON Web Token.")
        }
        // By name and before anything else: what a token says of its algorithm never chooses how it is checked.
        guard header.alg == "HS256" else { throw RequestError(.unauthenticated, "The token is not signed with HS256.") }
        guard let claims = claims(of: token) else { throw RequestError(.unauthenticated, "The token's signature is wrong.") }
        guard let user = claims.sub.flatMap(UserID.init) else {
            throw RequestError(.unauthenticated, "The token has no subject 'sub' of 1 to 255 bytes.")
        }
        guard let expires = claims.exp else { throw RequestError(.unauthenticated, "The token has no expiry 'exp'.") }
        return VerifiedToken(user: user, plan: claims.plan, expires: expires, notBefore: claims.nbf)
    }

    private func header(of token: String) -> JWTHeader? {
        try? DefaultJWTParser().parse(Array(token.utf8), as: Claims.self).header
    }

    /// The claims if the signature is right. The keys are an actor: the worker, a plain thread, waits for it.
    private func claims(of token: String) -> Claims? {
        blocking { [keys] in try? await keys.verify(token, as: Claims.self) }
    }
}
