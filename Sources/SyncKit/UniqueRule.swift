/// A rule that no two live records of one user have the same values in all of these fields.
///
/// A record that lacks one of the fields is in nobody's way (SQL's NULLs are distinct), and so is a deleted one.
public struct UniqueRule: Sendable, Equatable {
    /// Empty for a rule that allows a user one record at all.
    public let fields: [String]
    /// Whether a create that breaks the rule becomes an edit of the record in its way, by the entity's conflict policy.
    /// Otherwise it is a conflict that names that record.
    public let mergesCreates: Bool

    public init(_ fields: String..., mergesCreates: Bool = false) {
        self.fields = fields
        self.mergesCreates = mergesCreates
    }

    /// A user has one record of the entity: settings, a cache.
    public static func onePerUser(mergesCreates: Bool = false) -> UniqueRule { UniqueRule(mergesCreates: mergesCreates) }

    /// The rule's name on the wire: `unique(url)`, `onePerUser`.
    package var name: String { fields.isEmpty ? "onePerUser" : "unique(\(fields.joined(separator: ",")))" }
}
