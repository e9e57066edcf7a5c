// A verified token is remembered, by all threads and by each: its signature costs more than the rest of a request. What is
// remembered belongs to the keys of its time, so that a key which was taken away is of no use from that moment on.

import CoreMetrics
import Crypto
package import HTTP
import HTTPTypes
package import SyncEngine
package import SyncKit
import SyncStore
import Synchronization

/// Finds out whose request it is.
package final class Authenticator: Sendable {
    /// What is trusted.
    package struct Rules: Sendable {
        /// The token's `iss` must be this; nil for any.
        package var issuer: String?
        /// The token's `aud` must have this; nil for any.
        package var audience: String?
        /// The cookie that may bring the token in the place of the field `Authorization`.
        package var cookie: String?
        /// The web server has authenticated the user, and says so by `REMOTE_USER`; tokens count for nothing.
        package var trustsWebServer = false

        package init() {}
    }

    private struct Trust {
        var tokens: TokenVerifier
        var generation = 0
    }

    private let rules: Rules
    private let trust: Mutex<Trust>
    private let generation = Atomic(0)
    private let verified: TokenCache
    private let now: @Sendable () -> Timestamp

    /// - Parameter cacheSize: how many verified tokens are remembered, so that their signatures are checked once.
    package init(keys: KeySet, rules: Rules = Rules(), cacheSize: Int = 10_000, now: @escaping @Sendable () -> Timestamp) {
        self.rules = rules
        trust = Mutex(Trust(tokens: TokenVerifier(keys: keys, issuer: rules.issuer, audience: rules.audience)))
        verified = TokenCache(capacity: cacheSize)
        self.now = now
    }

    /// Checks all tokens with other keys from now on, those that are remembered too.
    package func replaceKeys(with keys: KeySet) {
        trust.withLock { trust in
            trust.tokens = TokenVerifier(keys: keys, issuer: rules.issuer, audience: rules.audience)
            trust.generation += 1
            generation.store(trust.generation, ordering: .releasing)
        }
    }

    /// - Parameter recent: what the calling thread remembers.
    /// - Throws: 401 with the reason in one sentence; 415 for a write that a foreign page may have had a browser send.
    package func account(of request: Request, recent: inout RecentTokens) throws(RequestError) -> Account {
        if rules.trustsWebServer { return try accountOfWebServer(request, recent.counters) }
        let counters = recent.counters
        let text = try counting(counters.missing) { () throws(RequestError) in try tokenText(of: request) }
        let token = try counting(counters.invalid) { () throws(RequestError) in try verifiedToken(text, &recent) }
        try counting(counters.expired) { () throws(RequestError) in try token.check(at: now()) }
        return Account(user: token.user, plan: token.plan)
    }

    /// Counts what `body` refuses.
    private func counting<Value>(_ refusals: Counter, _ body: () throws(RequestError) -> Value) throws(RequestError) -> Value {
        do { return try body() } catch {
            refusals.increment()
            throw error
        }
    }

    /// RFC 3875, 4.1.11. No field of the request's can set this variable: theirs begin with `HTTP_`.
    private func accountOfWebServer(_ request: Request, _ counters: TokenCounters) throws(RequestError) -> Account {
        guard let user = request.remoteUser.flatMap(UserID.init) else {
            counters.missing.increment()
            throw RequestError(.unauthenticated, "The web server has not said who the user is.")
        }
        try checkOrigin(of: request, "the web server")
        return Account(user: user, plan: nil)
    }

    private func tokenText(of request: Request) throws(RequestError) -> Substring {
        if let authorization = request.field(.authorization) { return try Self.bearerToken(in: authorization) }
        guard let name = rules.cookie else {
            throw RequestError(.unauthenticated, "The request has no 'Authorization: Bearer …' field.")
        }
        guard let token = request.field(.cookie).flatMap({ Cookies.value(of: name, in: $0) }) else {
            throw RequestError(.unauthenticated, "The request has neither an 'Authorization: Bearer …' field nor the cookie '\(name)'.")
        }
        try checkOrigin(of: request, "a cookie")
        return token
    }

    /// A foreign page can have the browser send a cookie, and a password or certificate that the web server asks for, but not with
    /// the type of JSON, unless we allow it (https://fetch.spec.whatwg.org/#cors-safelisted-request-header); other types are refused
    /// with the body.
    private func checkOrigin(of request: Request, _ means: String) throws(RequestError) {
        guard request.method == .get || request.method == .head || request.field(.contentType) != nil else {
            throw RequestError(.unsupportedMediaType, "A request that is authenticated by \(means) needs 'Content-Type: application/json'.")
        }
    }

    /// RFC 6750, 2.1. The scheme's case does not count (RFC 9110, 11.1).
    private static func bearerToken(in authorization: String) throws(RequestError) -> Substring {
        let scheme = authorization.utf8.prefix(7)
        guard authorization.utf8.count < 8192, scheme.elementsEqual("Bearer ".utf8) || Substring(scheme).lowercased() == "bearer " else {
            throw RequestError(.unauthenticated, "The field 'Authorization' is not of the form 'Bearer TOKEN'.")
        }
        return Substring(authorization.utf8.dropFirst(7).drop { $0 == UInt8(ascii: " ") })
    }

    private func verifiedToken(_ text: Substring, _ recent: inout RecentTokens) throws(RequestError) -> VerifiedToken {
        var text = text
        let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
        let generation = generation.load(ordering: .acquiring)
        if let known = recent[digest], known.generation == generation {
            recent.counters.own.increment()
            return known
        }
        let token: VerifiedToken
        if let known = verified[digest], known.generation == generation {
            token = known
            recent.counters.shared.increment()
        } else {
            recent.counters.signature.increment()
            let trust = trust.withLock { $0 }
            token = try trust.tokens.verify(String(text)).of(generation: trust.generation)
            verified[digest] = token
        }
        recent[digest] = token
        return token
    }
}
