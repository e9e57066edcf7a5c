import CZlib

/// Inflates gzip bodies (RFC 1952) with zlib.
enum Gunzip {
    enum Failure: Error, Equatable {
        /// The bytes are not gzip, or end too early.
        case malformed
        /// There would be more than allowed.
        case tooLarge
    }

    /// - Parameter maxBytes: where it stops: a few kilobytes can hold gigabytes.
    static func inflate(_ bytes: [UInt8], maxBytes: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard czlib_inflate_init_gzip(&stream) == Z_OK else { throw .malformed }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        let outcome = bytes.withUnsafeBufferPointer { input in
            // zlib does not write to its input, its header is just older than const.
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(input.count)
            return inflate(&stream, into: &output, maxBytes: maxBytes)
        }
        if let failure = outcome { throw failure }
        return output
    }

    private static func inflate(_ stream: inout z_stream, into output: inout [UInt8], maxBytes: Int) -> Failure? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 65_536) { chunk in
            while true {
                stream.next_out = chunk.baseAddress
                stream.avail_out = UInt32(chunk.count)
                let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                output.append(contentsOf: chunk[..<(chunk.count - Int(stream.avail_out))])
                if output.count > maxBytes { return .tooLarge }
                switch code {
                case Z_STREAM_END: return stream.avail_in == 0 ? nil : .malformed
                case Z_OK where stream.avail_in > 0 || stream.avail_out == 0: continue
                default: return .malformed
                }
            }
        }
    }
}
