package import HTTPTypes

/// One HTTP answer.
///
/// A worker keeps a single value and has every request written into it, so that the body's buffer is allocated once
/// and not once per request: see ``reset()``.
package struct Response: Sendable {
    package var status: HTTPResponse.Status = .ok
    package var fields: HTTPFields = [:]
    package var body: [UInt8] = []

    package init() {}

    /// Empties the answer for the next request.
    ///
    /// The body's capacity stays up to 1 MiB, the size of an ordinary page; what a rare larger answer took is given back.
    package mutating func reset() {
        status = .ok
        fields = [:]
        body.removeAll(keepingCapacity: body.capacity <= 1 << 20)
    }
}
