public import SyncKit

/// The weather as some device last fetched it.
public struct WeatherCache: EntityHandler {
    public let entity = Entity("weatherCache")

    public let fields: [Field] = [
        .object("weatherData", .required)
    ]

    public let uniqueRules = [UniqueRule.onePerUser()]

    /// It is a cache: whoever comes last has fetched last.
    public let conflicts = ConflictPolicy.clientWins

    public init() {}
}
