import Crypto
import SyncStore
import SyncTesting
import Testing

@testable import SyncServer

/// The server's memory of tokens does not grow with the number of its users.
@Suite struct TokenCacheTests {
    private let digests = (0..<20_000).map { SHA256.hash(data: Array("token \($0)".utf8)) }
    private let token: VerifiedToken

    init() throws { token = VerifiedToken(user: try #require(UserID("alice")), plan: nil, expires: 0, notBefore: nil) }

    @Test func aCacheKeepsNoMoreThanItsCapacity() {
        let cache = TokenCache(capacity: 1280)
        for digest in digests { cache[digest] = token }
        let kept = digests.count { cache[$0] != nil }
        #expect(kept > 600 && kept <= 1280)
    }

    @Test func aTokenInUseStays() {
        let cache = TokenCache(capacity: 1280)
        cache[digests[0]] = token
        for digest in digests.dropFirst() {
            cache[digest] = token
            #expect(cache[digests[0]] != nil)
        }
    }

    @Test func aThreadRemembersAThousandTokens() {
        var recent = RecentTokens()
        for digest in digests { recent[digest] = token }
        let kept = digests.count { recent[$0] != nil }
        #expect(kept > 900 && kept <= 1024)
    }
}
