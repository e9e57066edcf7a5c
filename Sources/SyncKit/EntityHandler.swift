/// Everything that the server knows of one entity: data, and two pure functions.
///
/// A handler never sees SQL, HTTP, threads or another handler. From its fields the server makes the validation of every
/// write, the table with a column for each field, and the indexes. See Plugins/README.md for the way to write one.
public protocol EntityHandler: Sendable {
    /// Handlers are made by the generated registry, without arguments.
    init()

    var entity: Entity { get }

    /// The fields that the server checks. Other members of a record are kept and returned as they came, since an older
    /// server must not eat a newer client's fields; see ``unknownMembers``.
    var fields: [Field] { get }

    /// Rules that no two live records of one user may break together. None by default.
    var uniqueRules: [UniqueRule] { get }

    /// What happens when two clients changed the same record. ``ConflictPolicy/serverWins`` by default.
    var conflicts: ConflictPolicy { get }

    /// What a delete does to a record that another client has changed. ``DeletePolicy/deleteWins`` by default.
    var deletes: DeletePolicy { get }

    /// What happens to members that are not among the fields. They are kept by default.
    var unknownMembers: UnknownMembers { get }

    /// Whether the records are copies of something that can be fetched again. Replaced values of a cache are not kept as settled
    /// conflicts, and a create that is merged into another record leaves no tombstone. False by default.
    var isCache: Bool { get }

    /// The steps from older schema versions, one for each version from 2 on. None by default.
    var migrations: [Migration] { get }

    /// Brings a record that has passed the fields' checks into its usual form. Changes nothing by default.
    ///
    /// It has to be idempotent. Its result is checked like a record that a client sends, and is sent back to the client that
    /// wrote the record.
    func normalize(_ document: inout Document)

    /// Checks rules that concern several fields, after ``normalize(_:)``. Accepts everything by default.
    ///
    /// - Throws: what is wrong, one fault per member, as sentences for the person who wrote the client.
    func validate(_ document: Document) throws(ValidationError)
}

extension EntityHandler {
    public var uniqueRules: [UniqueRule] { [] }
    public var conflicts: ConflictPolicy { .serverWins }
    public var deletes: DeletePolicy { .deleteWins }
    public var isCache: Bool { false }
    public var migrations: [Migration] { [] }
    public var unknownMembers: UnknownMembers { .keep }
    public func normalize(_ document: inout Document) {}
    public func validate(_ document: Document) throws(ValidationError) {}
}

/// What happens to members of a record that its handler does not declare.
public enum UnknownMembers: Sendable {
    /// They are stored and returned as they came.
    case keep
    /// A record with one of them is rejected.
    case reject
}
