/// How a handler's stored records get from one schema version to the next.
///
/// Needed for every change that stored records may not fit: a field renamed, a type changed, a rule tightened. A new
/// optional field, or one with a default, needs none.
public struct Migration: Sendable {
    /// The schema version that the records have afterwards: one more than before.
    public let version: Int
    package let change: @Sendable (inout Document) -> Void

    /// - Parameter change: makes an old record one of the new version. Called once for each live record, when the server
    ///   starts; the record takes a new version if it changes, so that all devices get it.
    public init(to version: Int, _ change: @escaping @Sendable (inout Document) -> Void) {
        self.version = version
        self.change = change
    }
}
