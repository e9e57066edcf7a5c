import CZlib
@testable import SyncServer

/// gzip bodies: the bound holds, and what was compressed comes back.
final class GzipTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let limit = Int(reader.byte()) << 8
        inflate(Array(reader.rest), limit)
        let text = Array(reader.rest)
        // The more often it is repeated the better it packs: a bomb.
        let repeated = Array(repeatElement(text, count: 1 + Int(reader.byte())).joined())
        var packed = gzip(repeated)
        let inflated = inflate(packed, limit)
        check(inflated == (repeated.count > limit ? nil : repeated), "What was compressed does not come back.")
        reader.damage(&packed)
        inflate(packed, limit)
    }

    @discardableResult
    private func inflate(_ bytes: [UInt8], _ limit: Int) -> [UInt8]? {
        guard let inflated = try? Gunzip.inflate(bytes, maxBytes: limit) else { return nil }
        check(inflated.count <= limit, "There are \(inflated.count) bytes, and \(limit) are allowed.")
        return inflated
    }

    private func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard deflateInit2_(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else { return [] }
        defer { deflateEnd(&stream) }
        var input = bytes
        return [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count)))) { output, count in
            input.withUnsafeMutableBufferPointer {
                (stream.next_in, stream.avail_in) = ($0.baseAddress, UInt32($0.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib does not compress.")
            }
            count = Int(stream.total_out)
        }
    }
}
