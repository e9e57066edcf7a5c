import Crypto
import Foundation
import HTTP
import HTTPTypes
import SyncEngine
import SyncKit
import SyncServer
import SyncStore

/// Tokens: one that is not signed with our key and HS256, or is out of its time, or names nobody, is never accepted.
final class TokenTarget: FuzzTarget {
    private let key = SymmetricKey(data: Array(repeating: UInt8(7), count: 32))
    private let now = Timestamp(milliseconds: 1_795_000_000_000)
    private let authenticator: Authenticator

    init() throws {
        authenticator = Authenticator(keys: KeySet(SigningKey(key)), cacheSize: 100) { [now] in now }
    }

    func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        switch reader.byte() {
        case UInt8(ascii: "d"):
            var token = Array(signed(header: #"{"alg":"HS256"}"#, claims: #"{"sub":"alice","exp":1900000000,"plan":"pro"}"#).utf8)
            reader.damage(&token)
            try send("Bearer " + String(decoding: token, as: UTF8.self))
        case UInt8(ascii: "s"):
            let lines = String(decoding: reader.rest, as: UTF8.self).split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            try send("Bearer " + signed(header: String(lines[0]), claims: lines.count > 1 ? String(lines[1]) : ""))
        default: try send(String(decoding: reader.rest, as: UTF8.self))
        }
    }

    private func send(_ authorization: String) throws {
        var request = Request(method: .get, path: "/")
        request.fields[.authorization] = authorization
        // What the field does not take is not what arrives.
        guard let arrived = request.field(.authorization) else { return }
        var recent = RecentTokens()
        guard let account = try? authenticator.account(of: request, recent: &recent) else { return }
        checkAcceptance(of: arrived, for: account)
    }

    private func checkAcceptance(of authorization: String, for account: Account) {
        let token = authorization.dropFirst(7).drop { $0 == " " }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        check(parts.count == 3, "\(token) has \(parts.count) parts.")
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(parts[0]).\(parts[1])".utf8), using: key)
        check(decode(parts[2]) == Data(code), "\(token) is not signed by us.")
        // JWTKit reads JSON less strictly; what we sign ourselves may be what JSONSerialization refuses.
        guard let header = object(parts[0]), let claims = object(parts[1]) else { return }
        check(header["alg"] as? String == "HS256", "\(token) is signed with \(header["alg"] as Any).")
        // Signed by ourselves: of two claims with one name either may count.
        guard decode(parts[1]).map({ $0.count { $0 == UInt8(ascii: ":") } }) == claims.count else { return }
        check(claims["sub"] as? String == account.user.subject, "\(token) is \(account.user.subject)'s.")
        check((1...255).contains(account.user.subject.utf8.count), "The user's name has a wrong length.")
        // By way of NSNumber: a number beyond 2^53 is no Double for `as?`.
        let expiry = (claims["exp"] as? NSNumber)?.doubleValue
        check(expiry.map { $0 > Double(now.milliseconds / 1000) - 30 } ?? false, "\(token) has expired.")
    }

    private func signed(header: String, claims: String) -> String {
        let text = encode(Data(header.utf8)) + "." + encode(Data(claims.utf8))
        return text + "." + encode(Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)))
    }

    private func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
    }

    private func decode(_ text: Substring) -> Data? {
        let text = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
    }

    private func object(_ part: Substring) -> [String: Any]? {
        decode(part).flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
    }
}
