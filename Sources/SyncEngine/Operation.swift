package import SyncKit
package import SyncStore

/// One edit that a client made, as it came over the wire (PROTOCOL sections 1 and 3).
package struct Operation: Sendable {
    package enum Kind: String, Sendable {
        case create, update, delete
    }

    package let entity: String
    package let kind: Kind
    package let data: Document
    /// How deep `data` is nested; a flat object is 1.
    package let nesting: Int
    /// The operation's own `clientId`.
    package let clientID: String
    /// Who made the edit: the request's `deviceId`, else the operation's `clientId`.
    package let client: String
    /// Whether the request names the device that `client` is.
    package let hasDevice: Bool
    package let timestamp: Timestamp
    package let opID: String?
    /// The `opId` of the client's own earlier operation on the record, on whose result the edit was made while that one was waiting.
    package let follows: String?
    /// The version that the edit was made on, if the operation itself says.
    package let baseVersion: Version?
    /// Whether the client keeps versions in its records: it learns that of its own write from the page.
    package let sendsVersion: Bool
    /// The names that were edited, if the client sends whole records.
    package let changed: Set<ExactText>?
    /// Wrong members that make this operation useless and leave the rest of the request as it is.
    package let faults: [ValidationError.Fault]
    /// The operation as it was sent, as minified JSON: a conflict echoes it.
    package let source: [UInt8]

    package init(
        entity: String, kind: Kind, data: Document, nesting: Int = 1, clientID: String, device: String? = nil, timestamp: Timestamp,
        opID: String? = nil, follows: String? = nil, baseVersion: Version? = nil, sendsVersion: Bool = false,
        changed: Set<ExactText>? = nil, faults: [ValidationError.Fault] = [], source: [UInt8] = Array("{}".utf8)
    ) {
        self.entity = entity
        self.kind = kind
        self.data = data
        self.nesting = nesting
        self.clientID = clientID
        client = device ?? clientID
        hasDevice = device != nil
        self.timestamp = timestamp
        self.opID = opID
        self.follows = follows
        self.baseVersion = baseVersion
        self.sendsVersion = sendsVersion
        self.changed = changed
        self.faults = faults
        self.source = source
    }
}
