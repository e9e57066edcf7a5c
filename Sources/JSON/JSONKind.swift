/// The kind of a JSON value. Numbers are told apart by the type that holds them exactly.
package enum JSONKind: UInt8, Sendable {
    case null, boolean
    /// A number without fraction or exponent that fits into `Int64`.
    case integer
    /// One that does not fit, be it positive or negative; its digits are as they were sent.
    case unsigned
    case double
    case string, array, object

    /// The kind of the value that these bytes, which are valid JSON, begin; nil for anything else.
    init?(of bytes: some BidirectionalCollection<UInt8>) {
        guard let first = bytes.first else { return nil }
        switch first {
        case UInt8(ascii: "n"): self = .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .boolean
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "{"): self = .object
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): self = .init(ofNumber: bytes)
        default: return nil
        }
    }

    private init(ofNumber bytes: some BidirectionalCollection<UInt8>) {
        let isWhole = bytes.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
        if !isWhole {
            self = .double
        } else if bytes.count < 19 || Int64(String(decoding: bytes, as: UTF8.self)) != nil {
            self = .integer
        } else {
            self = .unsigned
        }
    }
}
