/// Takes an input apart from its front; zeros follow its end.
struct InputReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func integer() -> Int64 { (0..<8).reduce(0) { value, _ in value << 8 | Int64(byte()) } }

    /// Changes bytes of `text` at places that the input names, to the end of the input.
    mutating func damage(_ text: inout [UInt8]) {
        while !rest.isEmpty, !text.isEmpty {
            let place = (Int(byte()) << 8 | Int(byte())) % text.count
            text[place] ^= byte()
        }
    }
}
