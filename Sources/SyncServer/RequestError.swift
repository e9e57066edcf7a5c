package import SyncKit

/// A request that is wrong by itself: what is wrong, and where. The status it gets stands in ``ErrorResponse``.
package struct RequestError: Error, Equatable {
    package enum Code: Sendable, Equatable {
        case malformed
        case unauthenticated
        case notFound
        case methodNotAllowed(allowed: String)
        case tooLarge
        case unsupportedMediaType
    }

    package let code: Code
    /// A full sentence for the person who wrote the client.
    package let message: String
    /// Each single fault with its place in the body.
    package let faults: [ValidationError.Fault]

    package init(_ code: Code, _ message: String, faults: [ValidationError.Fault] = []) {
        self.code = code
        self.message = message
        self.faults = faults
    }
}
