public import SyncKit

/// The settings of the breathing exercise.
public struct Breathepod: EntityHandler {
    public let entity = Entity("breathepod")

    public let fields: [Field] = [
        .object("config", .required)
    ]

    public let uniqueRules = [UniqueRule.onePerUser()]

    public let conflicts = ConflictPolicy.lastWriteWins

    public init() {}
}
