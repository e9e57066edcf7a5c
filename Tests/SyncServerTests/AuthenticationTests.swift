import Crypto
import Foundation
import HTTP
import HTTPTypes
import SyncEngine
import SyncKit
import SyncServer
import SyncStore
import SyncTesting
import Testing

@Suite struct AuthenticationTests {
    private let server: TestServer

    init() throws { server = try TestServer.sample() }

    private func status(_ authorization: String?) throws -> Reply {
        var request = Request(method: .get, path: "/api/v1/sync/status")
        request.fields[.authorization] = authorization
        return try server.send(request)
    }

    private func base64(_ json: String) -> String {
        Data(json.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
    }

    @Test func aGoodTokenIsAccepted() throws {
        let token = try server.token("alice")
        #expect(try status("Bearer \(token)").status == 200)
        #expect(try status("bearer  \(token)").status == 200)
    }

    @Test(arguments: [nil, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b", "Bearer a.b.c", "Bearer é.é.é"])
    func whatIsNoTokenIsRefused(authorization: String?) throws {
        let reply = try status(authorization)
        #expect(reply.status == 401)
        #expect(reply.fields[.wwwAuthenticate] == "Bearer realm=\"meelio-sync\"")
        #expect(reply["message"].string?.hasSuffix(".") == true)
    }

    @Test(arguments: ["none", "None", "HS512", "HS384", "RS256", "ES256"])
    func theAlgorithmIsNotTheTokensChoice(algorithm: String) throws {
        let parts = try server.token("alice").split(separator: ".")
        let header = base64(#"{"alg":"\#(algorithm)","typ":"JWT"}"#)
        #expect(try status("Bearer \(header).\(parts[1]).\(parts[2])").status == 401)
        #expect(try status("Bearer \(header).\(parts[1]).").status == 401)
    }

    @Test(arguments: [
        "1e40", "-1e40", "1e400", "9223372036854775807", "9223372036854775808", "100000000000000000000", "[1e40]", #"{"a":{"b":1e40}}"#,
        String(repeating: "[", count: 2500) + String(repeating: "]", count: 2500),
        String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
    ])
    func aHeaderThatWouldEndTheProcessIsRefused(value: String) throws {
        let parts = try server.token("alice").split(separator: ".")
        for header in [#"{"alg":"HS256","x":\#(value)}"#, #"{"x":\#(value),"alg":"none"}"#, value] {
            let reply = try status("Bearer \(base64(header)).\(parts[1]).\(parts[2])")
            #expect(reply["message"].string == "The token is not a JSON Web Token.")
        }
    }

    @Test func aHeaderMayHaveMembersOfAllKinds() throws {
        let parts = try server.token("alice").split(separator: ".")
        let header = base64(#"{"alg":"HS256","exp":1900000000,"b64":true,"x":1.5,"y":null,"jwk":{"x5c":["a"]}}"#)
        #expect(try status("Bearer \(header).\(parts[1]).\(parts[2])")["message"].string == "The token's signature is wrong.")
    }

    @Test func aTokenOfAnotherKeyIsRefused() throws {
        let stranger = try TestServer.sample()
        #expect(try status("Bearer \(stranger.token("alice"))")["message"].string == "The token's signature is wrong.")
    }

    @Test func aChangedPayloadIsRefused() throws {
        let parts = try server.token("alice").split(separator: ".")
        let payload = base64(#"{"sub":"bob","exp":9999999999}"#)
        #expect(try status("Bearer \(parts[0]).\(payload).\(parts[2])").status == 401)
    }

    @Test func aTokenExpiresEvenWhenItIsRemembered() throws {
        let token = try server.token("alice", validFor: 60)
        #expect(try status("Bearer \(token)").status == 200)
        server.clock.advance(milliseconds: 89_000)
        #expect(try status("Bearer \(token)").status == 200)
        server.clock.advance(milliseconds: 2000)
        #expect(try status("Bearer \(token)")["message"].string == "The token has expired.")
    }

    @Test(arguments: [
        (#"{"exp":9999999999}"#, "subject"), (#"{"sub":"","exp":9999999999}"#, "subject"), (#"{"sub":"alice"}"#, "expiry"),
        (#"{"sub":"alice","exp":9999999999,"nbf":9999999990}"#, "not valid yet"), (#"{"sub":"alice","exp":"soon"}"#, "Web Token"),
    ])
    func aTokenMustSayWhoAndUntilWhen(claims: String, reason: String) throws {
        let key = SymmetricKey(size: .bits256)
        let authenticator = Authenticator(keys: KeySet(SigningKey(key)), now: server.clock.now)
        let signed = "\(base64(#"{"alg":"HS256"}"#)).\(base64(claims))"
        let signature = Data(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)).base64EncodedString()
            .replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
        var request = Request(method: .get, path: "/")
        request.fields[.authorization] = "Bearer \(signed).\(signature)"
        do {
            var recent = RecentTokens()
            _ = try authenticator.account(of: request, recent: &recent)
            Issue.record("\(claims) was accepted.")
        } catch {
            #expect(error.message.contains(reason), "\(error.message)")
        }
    }

    @Test func theKeyFileIsMadeOnceAndForItsOwnerAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/signing.key"
        let token = try SigningKey(file: path).token(subject: "alice", validFor: 60, now: server.clock.now())
        let again = Authenticator(keys: KeySet(try SigningKey(file: path)), now: server.clock.now)
        var request = Request(method: .get, path: "/")
        request.fields[.authorization] = "Bearer \(token)"
        var recent = RecentTokens()
        #expect(try again.account(of: request, recent: &recent).user.subject == "alice")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: SigningKeyError.self) { try SigningKey(file: path) }
    }
}
