public import SyncKit

/// Pictures and films behind the new tab.
public struct Backgrounds: EntityHandler {
    public let entity = Entity("backgrounds")

    public let fields: [Field] = [
        .choice("type", .required, of: ["static", "live"]),
        .string("url", .required, length: 1...2048),
        .object("metadata"),
        .object("schedule"),
        .boolean("isSelected", default: false),
        .string("defaultBackgroundId", length: 0...200),
    ]

    public let conflicts = ConflictPolicy.lastWriteWins

    /// What the app reads of the metadata must have the right type; the rest is the client's affair.
    public func validate(_ background: Document) throws(ValidationError) {
        guard let metadata = background.object("metadata") else { return }
        for name in ["name", "category", "thumbnailUrl"] where metadata.contains(name) && metadata.string(name) == nil {
            throw ValidationError("metadata.\(name)", "'metadata.\(name)' must be a string.")
        }
        if metadata.contains("tags"), metadata.strings("tags") == nil {
            throw ValidationError("metadata.tags", "'metadata.tags' must be an array of strings.")
        }
    }

    public init() {}
}
