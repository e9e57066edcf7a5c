/// The field `Cookie` of a request (RFC 6265, 4.2).
enum Cookies {
    /// The first cookie of this name, without the quotes that may be around it; nil if there is none.
    static func value(of name: String, in field: String) -> Substring? {
        for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
            let pair = pair.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard pair.starts(with: name.utf8), pair.dropFirst(name.utf8.count).first == UInt8(ascii: "=") else { continue }
            var value = pair.dropFirst(name.utf8.count + 1)
            while let last = value.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { value.removeLast() }
            guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") else { return Substring(value) }
            return Substring(value.dropFirst().dropLast())
        }
        return nil
    }
}
