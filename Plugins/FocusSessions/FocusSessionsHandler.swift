public import SyncKit

/// A stretch of work without distraction.
public struct FocusSessions: EntityHandler {
    public let entity = Entity("focusSessions", aliases: ["focus-sessions"])

    public let fields: [Field] = [
        .date("sessionStart", .required, .indexed),
        .date("sessionEnd", .required),
        .integer("duration", .required, in: 1...525_600),  // minutes
    ]

    /// Two devices that timed one session: the one that saw more of it is right.
    public let conflicts = ConflictPolicy.merge(.lastWriteWins, ["sessionStart": .min, "sessionEnd": .max, "duration": .max])

    public func validate(_ session: Document) throws(ValidationError) {
        guard let start = session.date("sessionStart"), let end = session.date("sessionEnd"), end < start else { return }
        throw ValidationError("sessionEnd", "'sessionEnd' must not be before 'sessionStart'.")
    }

    public init() {}
}
