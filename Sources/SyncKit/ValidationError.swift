/// What is wrong with a record: one fault per member.
public struct ValidationError: Error, Equatable {
    public struct Fault: Sendable, Equatable {
        /// The place in the operation: `data.title`.
        public let path: String
        /// A sentence for the person who wrote the client.
        public let message: String

        package init(path: String, message: String) {
            self.path = path
            self.message = message
        }
    }

    public let faults: [Fault]

    /// One fault of one field of the record: `ValidationError("sessionEnd", "'sessionEnd' must not be before 'sessionStart'.")`.
    public init(_ field: String, _ message: String) {
        faults = [Fault(path: "data.\(field)", message: message)]
    }

    package init(faults: [Fault]) {
        self.faults = faults
    }
}
