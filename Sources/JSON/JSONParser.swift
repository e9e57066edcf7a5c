import CSimdJSON

/// Parses JSON texts (RFC 8259) with simdjson, one after the other, in memory that is used again.
///
/// Not for two threads at once: each worker has its own.
package final class JSONParser {
    private let parser: OpaquePointer?

    package init() { parser = csimdjson_parser_new() }

    deinit { csimdjson_parser_free(parser) }

    /// Calls `body` with the text's value. Neither the element nor those inside it may leave the call.
    ///
    /// - Throws: ``JSONError`` if the text is not JSON in UTF-8, or is nested deeper than 256 levels; any error of `body`.
    package func parse<Value>(_ text: [UInt8], _ body: (JSONElement) throws -> Value) throws -> Value {
        guard let parser else { throw JSONError(message: "There is no memory to read it.") }
        let complaint = text.withUnsafeBufferPointer { csimdjson_parse(parser, $0.baseAddress ?? Self.nothing, $0.count) }
        if let complaint { throw JSONError(message: String(cString: complaint)) }
        var length = 0
        var count = 0
        let bytes = csimdjson_minified(parser, &length)
        let nodes = csimdjson_nodes(parser, &count)
        return try body(
            JSONElement(
                bytes: UnsafeBufferPointer(start: bytes, count: length), nodes: UnsafeBufferPointer(start: nodes, count: count), index: 0))
    }

    /// Stands for the missing address of an empty array; never read.
    nonisolated(unsafe) private static let nothing = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))
}
