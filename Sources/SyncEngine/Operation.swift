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
    package let timestamp: Timestamp
    package let opID: String?
    /// The version that the edit was made on, if the operation itself says.
    package let baseVersion: Version?
    /// The names that were edited, if the client sends whole records.
    package let changed: Set<String>?
    /// The operation as it was sent, as minified JSON: a conflict echoes it.
    package let source: [UInt8]

    package init(
        entity: String, kind: Kind, data: Document, nesting: Int = 1, clientID: String, device: String? = nil, timestamp: Timestamp,
        opID: String? = nil, baseVersion: Version? = nil, changed: Set<String>? = nil, source: [UInt8] = Array("{}".utf8)
    ) {
        self.entity = entity
        self.kind = kind
        self.data = data
        self.nesting = nesting
        self.clientID = clientID
        client = device ?? clientID
        self.timestamp = timestamp
        self.opID = opID
        self.baseVersion = baseVersion
        self.changed = changed
        self.source = source
    }
}
