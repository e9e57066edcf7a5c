import JWTKit

/// The claims of a token that are of use here (RFC 7519, 4.1).
struct TokenClaims: JWTPayload {
    let sub: String?
    let exp: Double?
    var nbf: Double?
    var iss: String?
    var aud: Audience?
    /// What the user may keep; see the setting `quotas`.
    var plan: String?

    // The times are checked with every use of the token and not only here, by ``VerifiedToken/check(at:)``.
    func verify(using algorithm: some JWTAlgorithm) {}

    /// One text or many (RFC 7519, 4.1.3). JWTKit's own type ends the process if there is none.
    struct Audience: Codable {
        let values: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            values = try (try? container.decode(String.self)).map { [$0] } ?? container.decode([String].self)
        }

        func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
    }
}
