/// How much one request may bring and take; advertised in status.
package struct Limits: Sendable, Equatable {
    /// Operations in one bulk.
    package var maxOperations = 500
    /// The body of one request, in bytes.
    package var maxBodyBytes = 1 << 20
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

    package init() {}
}
