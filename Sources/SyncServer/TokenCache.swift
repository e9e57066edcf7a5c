import Crypto
import Synchronization

/// Verified tokens under their SHA-256, so that a signature is checked once and no token stays in memory.
///
/// In parts, each with a lock of its own: on few cores the holder of a lock is often a thread that does not run just then.
final class TokenCache: Sendable {
    private let parts: [Part]

    init(capacity: Int) { parts = (0..<64).map { _ in Part(capacity: max(2, capacity / 64)) } }

    subscript(digest: SHA256.Digest) -> VerifiedToken? {
        get { part(of: digest).find(digest) }
        set { if let newValue { part(of: digest).add(newValue, digest) } }
    }

    private func part(of digest: SHA256.Digest) -> Part { parts[digest.withUnsafeBytes { Int($0[31] % 64) }] }
}

extension TokenCache {
    /// Two generations: when the younger one is full it becomes the older one, whose tokens are forgotten. A token in use
    /// moves back into the younger one, so that the cache is bounded and the busy ones stay.
    private final class Part: Sendable {
        private struct Generations {
            var young: [SHA256.Digest: VerifiedToken] = [:]
            var old: [SHA256.Digest: VerifiedToken] = [:]
        }

        private let generations = Mutex(Generations())
        private let capacity: Int

        init(capacity: Int) { self.capacity = capacity }

        func find(_ digest: SHA256.Digest) -> VerifiedToken? {
            generations.withLock { generations in
                if let found = generations.young[digest] { return found }
                guard let found = generations.old[digest] else { return nil }
                add(found, digest, to: &generations)
                return found
            }
        }

        func add(_ token: VerifiedToken, _ digest: SHA256.Digest) {
            generations.withLock { add(token, digest, to: &$0) }
        }

        private func add(_ token: VerifiedToken, _ digest: SHA256.Digest, to generations: inout Generations) {
            if generations.young.count >= capacity / 2 {
                generations.old = generations.young
                generations.young = [:]
            }
            generations.young[digest] = token
        }
    }
}
