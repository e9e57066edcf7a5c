public import SyncKit

/// The weather as some device last fetched it.
public struct WeatherCache: EntityHandler {
    public let entity = Entity("weatherCache", aliases: ["weather-cache"])

    public let fields: [Field] = [
        .object("weatherData", .required)
    ]

    /// It is a cache: whoever comes last has fetched last, and nobody wants to hear of a conflict.
    public let uniqueRules = [UniqueRule.onePerUser(mergesCreates: true)]

    public let conflicts = ConflictPolicy.clientWins
    public let isCache = true

    public init() {}
}
