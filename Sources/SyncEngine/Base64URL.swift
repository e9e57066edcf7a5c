import Foundation

/// Base64 with the alphabet for web addresses, without padding (RFC 4648, 5).
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        // Foundation's has another alphabet, and it takes three copies to change that.
        String(unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { text in
            var (count, bits, bitCount) = (0, UInt32(0), 0)
            func append() {
                bitCount -= 6
                text[count] = alphabet[Int(bits >> UInt32(bitCount)) & 63]
                count += 1
            }
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                bitCount += 8
                while bitCount >= 6 { append() }
            }
            if bitCount > 0 {
                (bits, bitCount) = (bits << UInt32(6 - bitCount), 6)
                append()
            }
            return count
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Nil for what is not such text.
    package static func decode(_ text: String) -> [UInt8]? {
        var base64 = Array(text.utf8)
        for index in base64.indices {
            if base64[index] == UInt8(ascii: "-") { base64[index] = UInt8(ascii: "+") }
            if base64[index] == UInt8(ascii: "_") { base64[index] = UInt8(ascii: "/") }
        }
        while base64.count % 4 != 0 { base64.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(base64)).map(Array.init)
    }
}
