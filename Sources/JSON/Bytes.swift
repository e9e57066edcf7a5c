import Glibc

extension UnsafeBufferPointer<UInt8> {
    /// Whether both are the same bytes.
    package func isIdentical(to other: UnsafeBufferPointer<UInt8>) -> Bool {
        count == other.count && (isEmpty || memcmp(baseAddress!, other.baseAddress!, count) == 0)
    }
}
