public import SyncKit

/// Web sites that the extension keeps its user away from.
public struct SiteBlockers: EntityHandler {
    public let entity = Entity("siteBlockers", aliases: ["site-blockers"])

    public let fields: [Field] = [
        .string("url", .required, length: 1...2048),
        .string("category", length: 0...200),
    ]

    /// One site is blocked once; a deleted blocker is in nobody's way.
    public let uniqueRules = [UniqueRule("url")]

    public init() {}
}
