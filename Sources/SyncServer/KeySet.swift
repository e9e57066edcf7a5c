// Which key checks a token is decided by the token's `kid` and by what the key is for, never by what the token says of its own
// algorithm alone: a public key cannot serve as a secret, and `none` is no algorithm of any key (RFC 8725, 3.1).

import Foundation
import JWTKit

/// The keys that tokens are checked with: the server's own, or those of an identity provider.
package struct KeySet: Sendable {
    private let keys: [Key]

    private struct Key: Sendable {
        /// The `kid`; nil if the key has no name.
        let name: String?
        /// RS256, ES256, EdDSA, or HS256 for the server's own.
        let algorithm: String
        /// This key alone.
        let collection: JWTKeyCollection
    }

    /// The server's own key (HS256).
    package init(_ key: SigningKey) {
        keys = [Key(name: nil, algorithm: "HS256", collection: key.collection)]
    }

    /// Reads a JSON Web Key Set (RFC 7517, 5). Keys of other kinds, and those that are not for signatures, are passed over.
    ///
    /// - Throws: ``KeySetError`` with the file and what is wrong with it.
    package init(file path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw KeySetError(
                "The key set '\(path)' cannot be read. Fetch it from your identity provider, and let the server's user read it.")
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: data) else {
            throw KeySetError("The key set '\(path)' is no JSON Web Key Set: it must be JSON of the form {\"keys\": [...]}.")
        }
        try self.init(document.keys.compactMap(\.key), path)
    }

    private init(_ candidates: [PublicKey], _ path: String) throws {
        let usable = candidates.filter { $0.use == nil || $0.use == "sig" }
        keys = try usable.compactMap { candidate in
            guard let jwk = try candidate.jwk(path), let algorithm = jwk.algorithm else { return nil }
            do {
                return Key(
                    name: candidate.kid, algorithm: algorithm.rawValue,
                    collection: try blockingResult { try await JWTKeyCollection().add(jwk: jwk) })
            } catch {
                throw KeySetError("The key '\(candidate.kid ?? "without kid")' in '\(path)' is damaged: \(error)")
            }
        }
        guard !keys.isEmpty else {
            throw KeySetError("The key set '\(path)' has no key for signatures with RS256, ES256 (P-256) or EdDSA (Ed25519).")
        }
    }

    /// The keys' names and algorithms, for the log: `2026-11 (ES256)`.
    package var description: String { keys.map { "\($0.name ?? "without kid") (\($0.algorithm))" }.joined(separator: ", ") }

    /// The claims of a token whose signature is right.
    ///
    /// - Parameter header: the token's own.
    /// - Throws: 401 with the reason.
    func claims(of token: String, _ header: JWTHeader) throws(RequestError) -> TokenClaims {
        let key = try key(for: header)
        // The keys are an actor: the worker, a plain thread, waits for it.
        let claims = blocking { try? await key.collection.verify(token, as: TokenClaims.self) }
        guard let claims else { throw RequestError(.unauthenticated, "The token's signature is wrong.") }
        return claims
    }

    private func key(for header: JWTHeader) throws(RequestError) -> Key {
        let fitting = keys.filter { $0.algorithm == header.alg }
        guard !fitting.isEmpty else {
            throw RequestError(
                .unauthenticated, "The token is not signed with \(Set(keys.map(\.algorithm)).sorted().joined(separator: " or ")).")
        }
        if let named = fitting.first(where: { $0.name != nil && $0.name == header.kid }) { return named }
        // A token that names no key, or a key that has no name, is no riddle if there is but one.
        let unnamed = header.kid == nil ? fitting : fitting.filter { $0.name == nil }
        guard unnamed.count < 2 else {
            throw RequestError(.unauthenticated, "The token does not name its key ('kid'), and more than one fits.")
        }
        guard let only = unnamed.first else {
            throw RequestError(.unauthenticated, "The token is signed with a key ('kid') that is not known here.")
        }
        return only
    }
}

extension KeySet {
    /// Each key is read by itself, so that one of an unknown kind spoils no other.
    private struct Document: Decodable {
        let keys: [Entry]

        struct Entry: Decodable {
            let key: PublicKey?

            init(from decoder: any Decoder) { key = try? PublicKey(from: decoder) }
        }
    }

    /// The public members of a key (RFC 7518, 6; RFC 8037, 2). Private ones are not read, should there be some.
    private struct PublicKey: Decodable {
        let kty: String
        let kid: String?
        let use: String?
        let alg: String?
        let crv: String?
        let n: String?
        let e: String?
        let x: String?
        let y: String?

        /// Nil if the key is of a kind that is not supported.
        func jwk(_ path: String) throws -> JWK? {
            // The collection has no key beside it: the name serves nothing there but has to be.
            let name = JWKIdentifier(string: kid ?? "key")
            switch (kty, crv, alg) {
            case ("RSA", _, nil), ("RSA", _, "RS256"):
                // RFC 7518, 3.3
                guard (n ?? "").utf8.count * 6 >= 2048 else {
                    throw KeySetError(
                        "The key '\(kid ?? "without kid")' in '\(path)' is an RSA key of less than 2048 bits, which is not safe.")
                }
                return .rsa(.rs256, identifier: name, modulus: n, exponent: e)
            case ("EC", "P-256", nil), ("EC", "P-256", "ES256"): return .ecdsa(.es256, identifier: name, x: x, y: y, curve: .p256)
            case ("OKP", "Ed25519", nil), ("OKP", "Ed25519", "EdDSA"):
                return .octetKeyPair(.eddsa, identifier: name, x: x, y: nil, curve: .ed25519)
            default: return nil
            }
        }
    }
}

/// A key set that cannot be used; the start ends with it, and a reload leaves the keys as they were.
package struct KeySetError: Error {
    package let message: String

    init(_ message: String) { self.message = message }
}
