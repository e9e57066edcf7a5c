import FastCGI
import HTTP
import HTTPTypes

/// CGI variables, queries and percent-encoding; the input is `NAME=value` lines with a NUL after each.
final class VariablesTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var variables = CGIVariables()
        for line in input.split(separator: 0) { line.withUnsafeBufferPointer { variables.add($0) } }
        if case .bytes(let count) = variables.bodyLength { check(count >= 0, "The content has \(count) bytes.") }
        if let request = variables.request { look(at: request) }
        checkDecoding(input)
        checkQuery(input)
    }

    private func look(at request: Request) {
        check(!request.method.rawValue.isEmpty, "There is a method without a name.")
        let values = request.fields.map(\.value)
        check(!values.contains { $0.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 } }, "A field's value has a line break: \(values)")
        _ = Query(request.query)
    }

    private func checkDecoding(_ input: [UInt8]) {
        check(PercentEncoding.decode(input) == Slow.decode(input[...], plusIsSpace: false), "It is decoded otherwise.")
        let escaped = input.flatMap { [UInt8(ascii: "%"), Slow.digits[Int($0 >> 4)], Slow.digits[Int($0 & 15)]] }
        check(PercentEncoding.decode(escaped) == String(decoding: input, as: UTF8.self), "What was escaped does not come back.")
    }

    private func checkQuery(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        let query = Query(text)
        var last: [String: String] = [:]
        for pair in Array(text.utf8).split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            last[Slow.decode(pair[..<equals], plusIsSpace: true)] = Slow.decode(pair[equals...].dropFirst(), plusIsSpace: true)
        }
        for (name, value) in last { check(query[name] == value, "'\(name)' is '\(query[name] ?? "nothing")' and not '\(value)'.") }
    }
}

private enum Slow {
    static let digits = Array("0123456789abcdef".utf8)

    static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> String {
        let bytes = Array(bytes)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) {
                decoded.append(high * 16 + low)
                index += 3
            } else {
                decoded.append(plusIsSpace && bytes[index] == 0x2B ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        digits.firstIndex(of: byte >= 0x41 && byte <= 0x46 ? byte | 0x20 : byte).map(UInt8.init)
    }
}
