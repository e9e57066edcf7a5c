public import SyncKit

/// A mix of sounds.
public struct Soundscapes: EntityHandler {
    public let entity = Entity("soundscapes")

    public let fields: [Field] = [
        .string("name", .required, length: 1...200),
        .object("config"),
        .boolean("shareable", default: false),
    ]

    public let conflicts = ConflictPolicy.merge()

    public init() {}
}
