import CryptoExtras
import Foundation
import HTTP
import HTTPTypes
import SyncEngine
import SyncServer
import SyncStore
import SyncTesting
import Testing

/// Tokens of an identity provider, whose public keys are in a file.
@Suite struct IdentityProviderTests {
    private let folder: TemporaryFolder
    private let clock = TestClock()
    private let claims = #"{"sub":"alice","exp":9999999999}"#

    init() throws { folder = try TemporaryFolder() }

    private static func rs256(_ kid: String?, _ size: _RSA.Signing.KeySize = .bits2048) throws -> ProviderKey {
        let key = try _RSA.Signing.PrivateKey(keySize: size)
        let primitives = try key.publicKey.getKeyPrimitives()
        let (modulus, exponent) = (ProviderKey.base64URL(primitives.modulus), ProviderKey.base64URL(primitives.publicExponent))
        let jwk: [String: String?] = ["kty": "RSA", "n": modulus, "e": exponent, "kid": kid]
        return ProviderKey(jwk: jwk.compactMapValues(\.self), algorithm: "RS256") {
            try key.signature(for: $0, padding: .insecurePKCS1v1_5).rawRepresentation
        }
    }

    private static let makers: [@Sendable (String?) throws -> ProviderKey] = [
        { try rs256($0) }, { ProviderKey.es256($0) }, { ProviderKey.edDSA($0) },
    ]

    private func keySet(_ text: String) throws -> KeySet {
        let path = folder.path + "/jwks.json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try KeySet(file: path)
    }

    private func authenticator(_ keys: [ProviderKey], _ rules: Authenticator.Rules = .init()) throws -> Authenticator {
        Authenticator(keys: try keySet(ProviderKey.set(keys)), rules: rules, now: clock.now)
    }

    /// The user, or why there is none.
    private func user(_ authenticator: Authenticator, _ token: String) -> String {
        var request = Request(method: .get, path: "/")
        request.fields[.authorization] = "Bearer \(token)"
        var recent = RecentTokens()
        do { return try authenticator.account(of: request, recent: &recent).user.subject } catch { return error.message }
    }

    // MARK: - Keys

    @Test(arguments: makers) func aTokenOfTheProviderIsAccepted(make: @Sendable (String?) throws -> ProviderKey) throws {
        let key = try make("2026-11")
        #expect(user(try authenticator([key]), try key.token(claims)) == "alice")
    }

    @Test(arguments: makers) func aTokenOfAnotherKeyOfTheSameNameIsRefused(make: @Sendable (String?) throws -> ProviderKey) throws {
        let (key, stranger) = (try make("2026-11"), try make("2026-11"))
        #expect(user(try authenticator([key]), try stranger.token(claims)) == "The token's signature is wrong.")
    }

    @Test func theKeyIsChosenByItsName() throws {
        let keys = [ProviderKey.es256("a"), ProviderKey.es256("b"), try Self.rs256("c")]
        let authenticator = try authenticator(keys)
        for key in keys { #expect(user(authenticator, try key.token(claims)) == "alice") }
        #expect(user(authenticator, try keys[0].token(claims, header: ["kid": "b"])) == "The token's signature is wrong.")
        #expect(user(authenticator, try keys[0].token(claims, header: ["kid": "z"])).contains("is not known here"))
        #expect(user(authenticator, try keys[0].token(claims, header: ["kid": nil])).contains("more than one fits"))
        #expect(user(authenticator, try keys[2].token(claims, header: ["kid": nil])) == "alice")
    }

    @Test func aPublicKeyIsNoSecret() throws {
        // RFC 8725, 2.1: a token that is "signed" with the text of the public key, by an algorithm for secrets.
        let key = ProviderKey.es256("a")
        let secret = SymmetricKey(data: Data((key.jwk["x"] ?? "").utf8))
        let forged = ProviderKey(jwk: key.jwk, algorithm: "HS256") { Data(HMAC<SHA256>.authenticationCode(for: $0, using: secret)) }
        #expect(user(try authenticator([key]), try forged.token(claims)) == "The token is not signed with ES256.")
    }

    @Test(arguments: ["none", "None", "HS256", "RS256", "EdDSA", "ES384"])
    func theAlgorithmIsTheKeysAndNotTheTokens(algorithm: String) throws {
        let key = ProviderKey.es256("a")
        #expect(user(try authenticator([key]), try key.token(claims, header: ["alg": algorithm])) == "The token is not signed with ES256.")
    }

    @Test func theServersOwnTokensCountForNothingBesideAProvider() throws {
        let own = try SigningKey(file: folder.path + "/signing.key").token(subject: "alice", validFor: 60, now: clock.now())
        #expect(user(try authenticator([.es256("a")]), own) == "The token is not signed with ES256.")
    }

    // MARK: - The file

    @Test func keysOfOtherKindsSpoilNoOther() throws {
        let key = ProviderKey.edDSA("a")
        let strange = """
            {"keys":[{"kty":"oct","k":"AAAA"},{"kty":"AKP","alg":"ML-DSA-44"},{"kty":7},"text",{"kty":"EC","crv":"secp256k1","x":"","y":""},
            \(ProviderKey.set([key]).dropFirst(9).dropLast(2))]}
            """
        #expect(user(Authenticator(keys: try keySet(strange), now: clock.now), try key.token(claims)) == "alice")
    }

    @Test func aKeyForEncryptionChecksNoToken() throws {
        var key = ProviderKey.es256("a")
        key.jwk["use"] = "enc"
        #expect(throws: KeySetError.self) { try keySet(ProviderKey.set([key])) }
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"keys":[]}"#, #"{"keys":7}"#, #"{"keys":[{"kty":"RSA","kid":"a"}]}"#,
        #"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"!","y":"!"}]}"#,
    ])
    func aSetWithoutAUsableKeyIsRefused(text: String) throws {
        do {
            _ = try keySet(text)
            Issue.record("\(text) was taken.")
        } catch let error as KeySetError {
            #expect(error.message.contains("jwks.json"), "\(error.message)")
        }
    }

    @Test func aShortRSAKeyIsRefused() throws {
        var key = try Self.rs256("a")
        key.jwk["n"] = String((key.jwk["n"] ?? "").prefix(171))
        #expect(throws: KeySetError.self) { try keySet(ProviderKey.set([key])) }
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: KeySetError.self) { try KeySet(file: "/nowhere/jwks.json") }
    }

    // MARK: - Rotation

    @Test func aKeyThatWasTakenAwayIsOfNoUseFromThenOnEvenForRememberedTokens() throws {
        let (old, new) = (ProviderKey.es256("old"), ProviderKey.es256("new"))
        let authenticator = try authenticator([old])
        let token = try old.token(claims)
        var request = Request(method: .get, path: "/")
        request.fields[.authorization] = "Bearer \(token)"
        var recent = RecentTokens()
        #expect(try authenticator.account(of: request, recent: &recent).user.subject == "alice")
        authenticator.replaceKeys(with: try keySet(ProviderKey.set([old, new])))
        #expect(try authenticator.account(of: request, recent: &recent).user.subject == "alice")
        authenticator.replaceKeys(with: try keySet(ProviderKey.set([new])))
        #expect(throws: RequestError.self) { try authenticator.account(of: request, recent: &recent) }
        #expect(user(authenticator, token).contains("is not known here"))
        #expect(user(authenticator, try new.token(claims)) == "alice")
    }

    // MARK: - Whose tokens, and for whom

    @Test(arguments: [
        (#""iss":"https://id.example/","aud":"sync""#, nil), (#""iss":"https://id.example/","aud":["other","sync"]"#, nil),
        (#""iss":"https://id.example","aud":"sync""#, "issuer"), (#""aud":"sync""#, "issuer"),
        (#""iss":"https://id.example/","aud":"other""#, "audience"), (#""iss":"https://id.example/","aud":[]"#, "audience"),
        (#""iss":"https://id.example/""#, "audience"),
    ])
    func issuerAndAudienceMustBeOurs(members: String, reason: String?) throws {
        var rules = Authenticator.Rules()
        (rules.issuer, rules.audience) = ("https://id.example/", "sync")
        let key = ProviderKey.es256("a")
        let outcome = user(try authenticator([key], rules), try key.token(#"{"sub":"alice","exp":9999999999,\#(members)}"#))
        if let reason { #expect(outcome.contains(reason)) } else { #expect(outcome == "alice") }
    }

    @Test(arguments: [("Caf\u{e9}", "Cafe\u{301}"), ("alice", "Alice"), ("alice", "alice "), ("a\u{200b}", "a"), ("ﬁ", "fi")])
    func subjectsThatLookAlikeAreTwoUsers(one: String, other: String) throws {
        let server = try TestServer.sample()
        _ = try server.bulk([.create("tasks", #""id":"t1","title":"Mine""#)], as: one)
        #expect(try server.bulk([], as: other)["serverChanges"].array.isEmpty)
        #expect(try server.bulk([], as: one)["serverChanges"].array.count == 1)
    }

    @Test(arguments: [#""a\u0000b""#, #""\ud800""#, #""""#, "7", "null"]) func aSubjectThatIsNoTextIsRefused(subject: String) throws {
        let key = ProviderKey.es256("a")
        #expect(user(try authenticator([key]), try key.token(#"{"sub":\#(subject),"exp":9999999999}"#)).hasPrefix("The token"))
    }

    // MARK: - Cookies

    private func cookieRequest(_ cookie: String?, method: HTTPRequest.Method = .get, type: String? = nil) -> Request {
        var request = Request(method: method, path: "/")
        // As the web server hands it on: one field, whatever is in it.
        if let cookie { request.fields.append(HTTPField(name: .cookie, value: cookie)) }
        request.fields[.contentType] = type
        return request
    }

    private func outcome(_ authenticator: Authenticator, _ request: Request) -> String {
        var recent = RecentTokens()
        do { return try authenticator.account(of: request, recent: &recent).user.subject } catch { return error.message }
    }

    @Test func theTokenComesInACookieIfTheSettingsNameOne() throws {
        let key = ProviderKey.es256("a")
        let token = try key.token(claims)
        var rules = Authenticator.Rules()
        #expect(outcome(try authenticator([key]), cookieRequest("session=\(token)")).contains("has no 'Authorization"))
        rules.cookie = "session"
        let authenticator = try authenticator([key], rules)
        for cookie in ["session=\(token)", "a=b; session=\(token); c", "x=1;session=\"\(token)\" ;y=2"] {
            #expect(outcome(authenticator, cookieRequest(cookie)) == "alice")
        }
        for cookie in [nil, "", "session", "sessions=\(token)", "Session=\(token)", "other=session=\(token)"] {
            #expect(outcome(authenticator, cookieRequest(cookie)).contains("cookie 'session'"))
        }
    }

    @Test func aForeignPageCannotWriteWithTheCookie() throws {
        let key = ProviderKey.es256("a")
        var rules = Authenticator.Rules()
        rules.cookie = "session"
        let authenticator = try authenticator([key], rules)
        let cookie = "session=\(try key.token(claims))"
        #expect(outcome(authenticator, cookieRequest(cookie, method: .post)).contains("Content-Type"))
        #expect(outcome(authenticator, cookieRequest(cookie, method: .post, type: "application/json")) == "alice")
    }

    @Test func theFieldComesBeforeTheCookie() throws {
        let key = ProviderKey.es256("a")
        var rules = Authenticator.Rules()
        rules.cookie = "session"
        var request = cookieRequest("session=\(try key.token(claims))")
        request.fields[.authorization] = "Bearer \(try key.token(#"{"sub":"bob","exp":9999999999}"#))"
        #expect(outcome(try authenticator([key], rules), request) == "bob")
    }

    // MARK: - The web server's word

    /// A browser sends a password that it knows with the requests of foreign pages too.
    @Test func aForeignPageCannotWriteAsTheWebServersUser() throws {
        var rules = Authenticator.Rules()
        rules.trustsWebServer = true
        let authenticator = try authenticator([.es256("a")], rules)
        var request = Request(method: .post, path: "/", remoteUser: "alice")
        #expect(outcome(authenticator, request).contains("Content-Type"))
        request.fields[.contentType] = "application/json"
        #expect(outcome(authenticator, request) == "alice")
    }

    @Test func theWebServersUserCountsOnlyIfTheSettingsSaySo() throws {
        var request = Request(method: .get, path: "/", remoteUser: "alice")
        #expect(outcome(try authenticator([.es256("a")]), request).contains("has no 'Authorization"))
        var rules = Authenticator.Rules()
        rules.trustsWebServer = true
        let trusting = try authenticator([.es256("a")], rules)
        #expect(outcome(trusting, request) == "alice")
        request.remoteUser = nil
        request.fields[.authorization] = "Bearer \(try ProviderKey.es256("a").token(claims))"
        #expect(outcome(trusting, request) == "The web server has not said who the user is.")
    }
}
