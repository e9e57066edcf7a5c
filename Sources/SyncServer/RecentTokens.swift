import Crypto

/// The tokens that one thread has seen last, so that it asks the ``TokenCache``, which all threads share, but once for each.
///
/// A table with one place for each of the digests that end alike: a newer token takes an older one's place.
package struct RecentTokens {
    private var places: [(digest: SHA256.Digest, token: VerifiedToken)?] = Array(repeating: nil, count: 1024)

    let counters: TokenCounters

    package init() { self.init(counters: TokenCounters()) }

    init(counters: TokenCounters) { self.counters = counters }

    subscript(digest: SHA256.Digest) -> VerifiedToken? {
        get {
            guard let found = places[place(of: digest)], found.digest == digest else { return nil }
            return found.token
        }
        set { places[place(of: digest)] = newValue.map { (digest, $0) } }
    }

    private func place(of digest: SHA256.Digest) -> Int {
        digest.withUnsafeBytes { Int($0.load(as: UInt64.self) % 1024) }
    }
}
