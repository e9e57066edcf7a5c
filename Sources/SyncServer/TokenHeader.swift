import JSON
import SyncEngine

/// A look at a token's header before JWTKit sees it, whoever may have sent it.
///
/// JWTKit 5.7 makes an `Int` of every whole number in it, which ends the process if the number is too large, and recurses as
/// deep as it is nested (JWTHeaderField.swift).
enum TokenHeader {
    /// Numbers beyond this are no whole numbers to many a reader (RFC 7493, 2.2).
    private static let maxNumber = 9_007_199_254_740_991.0
    /// The deepest that RFC 7515 has is a key's list of certificates: `{"jwk":{"x5c":["…"]}}`.
    private static let maxDepth = 4

    /// Whether the token begins with a header that JWTKit can be given.
    static func isHarmless(in token: String) -> Bool {
        guard let part = token.split(separator: ".", omittingEmptySubsequences: false).first, let json = Base64URL.decode(String(part))
        else { return false }
        return (try? JSONParser().parse(json) { $0.kind == .object && $0.depth <= maxDepth && isHarmless($0) }) ?? false
    }

    private static func isHarmless(_ value: JSONElement) -> Bool {
        var isHarmless = true
        switch value.kind {
        case .null, .boolean, .string: break
        case .integer, .unsigned, .double:
            isHarmless = Double(String(decoding: value.minified, as: UTF8.self)).map { abs($0) <= maxNumber } ?? false
        case .array: _ = value.forEachElement { _, element in isHarmless = isHarmless && Self.isHarmless(element) }
        case .object: value.forEachMember { _, member in isHarmless = isHarmless && Self.isHarmless(member) }
        }
        return isHarmless
    }
}
