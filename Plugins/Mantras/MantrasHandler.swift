public import SyncKit

/// A sentence for the day.
public struct Mantras: EntityHandler {
    public let entity = Entity("mantras")

    public let fields: [Field] = [
        .string("text", .required, length: 1...1000),
        .choice("type", .required, of: ["custom", "global"]),
        .date("date"),
    ]

    public let conflicts = ConflictPolicy.merge()

    public init() {}
}
