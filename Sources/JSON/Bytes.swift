import Glibc

extension UnsafeBufferPointer<UInt8> {
    /// Whether both are the same bytes.
    package func isIdentical(to other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count, let bytes = baseAddress, let others = other.baseAddress else { return count == other.count }
        return memcmp(bytes, others, count) == 0
    }
}
