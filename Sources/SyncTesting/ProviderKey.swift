import Crypto
package import Foundation

/// A key of an identity provider: what it signs tokens with, and the public part that it publishes.
package struct ProviderKey {
    package typealias Signature = (Data) throws -> Data

    /// The members of the JSON Web Key (RFC 7517), all of them texts.
    package var jwk: [String: String]
    private let algorithm: String
    private let sign: Signature

    package init(jwk: [String: String], algorithm: String, sign: @escaping Signature) {
        (self.jwk, self.algorithm, self.sign) = (jwk, algorithm, sign)
    }

    /// ES256 (RFC 7518, 3.4)
    package static func es256(_ kid: String?) -> ProviderKey {
        let key = P256.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        let jwk: [String: String?] = [
            "kty": "EC", "crv": "P-256", "x": base64URL(point.prefix(32)), "y": base64URL(point.suffix(32)), "kid": kid,
        ]
        return ProviderKey(jwk: jwk.compactMapValues(\.self), algorithm: "ES256") { try key.signature(for: $0).rawRepresentation }
    }

    /// EdDSA (RFC 8037)
    package static func edDSA(_ kid: String?) -> ProviderKey {
        let key = Curve25519.Signing.PrivateKey()
        let jwk: [String: String?] = ["kty": "OKP", "crv": "Ed25519", "x": base64URL(key.publicKey.rawRepresentation), "kid": kid]
        return ProviderKey(jwk: jwk.compactMapValues(\.self), algorithm: "EdDSA") { try key.signature(for: $0) }
    }

    /// A token in the JWS compact form (RFC 7515, 7.1).
    ///
    /// - Parameters:
    ///   - claims: JSON, as it stands in the token.
    ///   - header: members that replace those of this key: `["alg": "none"]`; nil takes one out.
    package func token(_ claims: String, header: [String: String?] = [:]) throws -> String {
        let members = ["alg": algorithm, "kid": jwk["kid"]].merging(header) { $1 }.compactMapValues(\.self)
        let encoded = try JSONSerialization.data(withJSONObject: members)
        let signed = "\(Self.base64URL(encoded)).\(Self.base64URL(Data(claims.utf8)))"
        return "\(signed).\(Self.base64URL(try sign(Data(signed.utf8))))"
    }

    /// A JSON Web Key Set with the public parts of `keys`.
    package static func set(_ keys: [ProviderKey]) -> String {
        let list = keys.map { key in "{\(key.jwk.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ","))}" }
        return "{\"keys\":[\(list.joined(separator: ","))]}"
    }

    package static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
    }
}
