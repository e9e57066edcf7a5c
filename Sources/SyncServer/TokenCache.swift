import Crypto
import Synchronization

/// Verified tokens under their SHA-256, so that a signature is checked once and no token stays in memory.
///
/// Two generations: when the younger one is full it becomes the older one, whose tokens are forgotten. A token in use
/// moves back into the younger one, so that the cache is bounded and the busy ones stay.
final class TokenCache: Sendable {
    private struct Generations {
        var young: [SHA256.Digest: VerifiedToken] = [:]
        var old: [SHA256.Digest: VerifiedToken] = [:]
    }

    private let generations = Mutex(Generations())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    subscript(digest: SHA256.Digest) -> VerifiedToken? {
        get {
            generations.withLock { generations in
                if let found = generations.young[digest] { return found }
                guard let found = generations.old[digest] else { return nil }
                add(found, digest, to: &generations)
                return found
            }
        }
        set {
            guard let newValue else { return }
            generations.withLock { add(newValue, digest, to: &$0) }
        }
    }

    private func add(_ token: VerifiedToken, _ digest: SHA256.Digest, to generations: inout Generations) {
        if generations.young.count >= capacity / 2 {
            generations.old = generations.young
            generations.young = [:]
        }
        generations.young[digest] = token
    }
}
