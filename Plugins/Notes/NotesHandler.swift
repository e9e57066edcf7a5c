public import SyncKit

/// Free text with a title.
public struct Notes: EntityHandler {
    public let entity = Entity("notes")

    public let fields: [Field] = [
        .string("title", .required, length: 1...500),
        .text("content", maxBytes: 200 * 1024),
    ]

    /// Nobody's text is overwritten by itself: of two versions its author chooses.
    public let conflicts = ConflictPolicy.merge(.lastWriteWins, ["content": .manual])

    public init() {}
}
