public import SyncKit

/// The tabs of a browser window, put away for later.
public struct TabStashes: EntityHandler {
    public let entity = Entity("tabStashes", aliases: ["tab-stashes"])

    public let fields: [Field] = [
        .string("windowId", .required, length: 1...200),
        .strings("urls", .required, maxCount: 2000),
    ]

    /// Tabs that two devices stashed are all there afterwards.
    public let conflicts = ConflictPolicy.merge(.lastWriteWins, ["urls": .union])

    public init() {}
}
