import Foundation

/// Base64 with the alphabet for web addresses, without padding (RFC 4648, 5).
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        var text = Array(Data(bytes).base64EncodedData())
        while text.last == UInt8(ascii: "=") { text.removeLast() }
        for index in text.indices {
            if text[index] == UInt8(ascii: "+") { text[index] = UInt8(ascii: "-") }
            if text[index] == UInt8(ascii: "/") { text[index] = UInt8(ascii: "_") }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for what is not such text.
    static func decode(_ text: String) -> [UInt8]? {
        var base64 = Array(text.utf8)
        for index in base64.indices {
            if base64[index] == UInt8(ascii: "-") { base64[index] = UInt8(ascii: "+") }
            if base64[index] == UInt8(ascii: "_") { base64[index] = UInt8(ascii: "/") }
        }
        while base64.count % 4 != 0 { base64.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(base64)).map(Array.init)
    }
}
