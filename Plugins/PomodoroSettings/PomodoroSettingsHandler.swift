public import SyncKit

/// How a user works and rests; durations are in minutes.
public struct PomodoroSettings: EntityHandler {
    public let entity = Entity("pomodoroSettings", aliases: ["pomodoro-settings"])

    public let fields: [Field] = [
        .integer("workDuration", .required, in: 1...120, default: 25),
        .integer("breakDuration", .required, in: 1...60, default: 5),
        .boolean("autoStart", default: false),
        .boolean("autoBlock", default: false),
        .boolean("soundOn", default: true),
        .integer("dailyFocusLimit", in: 0...1440, default: 120),
    ]

    public let uniqueRules = [UniqueRule.onePerUser(mergesCreates: true)]

    public let conflicts = ConflictPolicy.lastWriteWins

    public init() {}
}
