/// The decoded parameters of a query string.
package struct Query: Sendable {
    private let parameters: [String: String]

    /// Parses `a=1&b=two%20words`. A parameter that stands twice has its last value, `+` is a space (WHATWG URL, 5.1).
    package init(_ raw: String) {
        var parameters: [String: String] = [:]
        for pair in raw.utf8.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? PercentEncoding.decode(halves[1], plusIsSpace: true) : ""
            parameters[PercentEncoding.decode(halves[0], plusIsSpace: true)] = value
        }
        self.parameters = parameters
    }

    package subscript(name: String) -> String? { parameters[name] }
}
