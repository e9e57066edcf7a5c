package import HTTPTypes

/// One HTTP request as the web server hands it on: a plain value, without sockets.
package struct Request: Sendable {
    package var method: HTTPRequest.Method
    /// The percent-decoded path, without the query: `/api/v1/sync/bulk`.
    package var path: String
    /// The raw query, without its question mark; empty if there is none.
    package var query: String
    package var fields: HTTPFields
    package var body: Body
    /// The user that the web server has authenticated itself (CGI's `REMOTE_USER`, RFC 3875 4.1.11).
    package var remoteUser: String?

    /// What became of the request's body.
    package enum Body: Sendable, Equatable {
        /// All bytes that were announced, possibly none.
        case complete([UInt8])
        /// More bytes than the server is willing to hold; they were not kept.
        case tooLarge
        /// The connection brought another number of bytes than announced: the client or the web server gave up.
        case incomplete(expected: Int, received: Int)
    }

    package init(
        method: HTTPRequest.Method, path: String, query: String = "", fields: HTTPFields = [:],
        body: Body = .complete([]), remoteUser: String? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.remoteUser = remoteUser
    }

    /// A field's value. There is one of each name: the web server has joined what came as several (RFC 3875, 4.1.18), so
    /// that nothing is to be joined here.
    package func field(_ name: HTTPField.Name) -> String? { fields.first { $0.name == name }?.value }
}
