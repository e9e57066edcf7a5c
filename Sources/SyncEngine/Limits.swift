/// How much one request may bring and take, and a user may keep; advertised in status.
package struct Limits: Sendable, Equatable {
    /// Operations in one bulk.
    package var maxOperations = 500
    /// The body of one request, in bytes.
    package var maxBodyBytes = 1 << 20
    /// The body of one request once it is inflated, in bytes.
    package var maxInflatedBytes = 4 << 20
    /// The JSON of one record, in bytes.
    package var maxRecordBytes = 256 * 1024
    /// How deep the objects and arrays of one record may be nested.
    package var maxNesting = 32
    /// Records in a page, if the client does not say.
    package var defaultPageRecords = 500
    /// Records in a page, whatever the client says.
    package var maxPageRecords = 1000
    /// The JSON of a page's changes, in bytes; one change is always sent.
    package var maxPageBytes = 1 << 20
    /// What the users of each plan may keep; a user whose token names none, or one that is not here, has the plan `default`.
    package var quotas: [String: Quota] = [:]

    package init() {}

    package func quota(ofPlan plan: String?) -> Quota {
        plan.flatMap { quotas[$0] } ?? quotas["default"] ?? Quota()
    }
}

/// What one user may keep. Deletes are always allowed.
package struct Quota: Sendable, Equatable {
    /// Live records of all entities.
    package var maxRecords = 100_000
    /// The JSON of all live records, in bytes.
    package var maxBytes = 256 << 20

    package init(maxRecords: Int = 100_000, maxBytes: Int = 256 << 20) {
        self.maxRecords = maxRecords
        self.maxBytes = maxBytes
    }
}
