import HTTP

/// A request that is complete but for the position, which only the answer before it tells: to make it is not what is counted.
struct PreparedRequest {
    private let request: Request
    private let hasPosition: Bool

    /// - Parameter hasPosition: whether the body ends with a position of 24 characters, `"}`.
    init(_ request: Request, hasPosition: Bool) {
        self.request = request
        self.hasPosition = hasPosition
    }

    func request(from position: [UInt8]) -> Request {
        guard hasPosition, case .complete(var body) = request.body else { return request }
        body.replaceSubrange(body.count - 26..<body.count - 2, with: position)
        var complete = request
        complete.body = .complete(body)
        return complete
    }
}
