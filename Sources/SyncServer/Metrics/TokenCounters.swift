import CoreMetrics

/// One thread's counters of tokens.
struct TokenCounters {
    /// The thread itself had it.
    let own: Counter
    /// The cache of all threads had it.
    let shared: Counter
    /// Its signature had to be checked.
    let signature: Counter
    /// There was none, or not in the form of one.
    let missing: Counter
    /// The server has not signed it, or not with the claims that it needs.
    let invalid: Counter
    /// Its time is over, or has not come.
    let expired: Counter

    init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        func lookups(_ place: String) -> Counter {
            Counter(label: MetricFamily.tokenLookups.name, dimensions: [("found", place)], factory: factory)
        }
        func refusals(_ reason: String) -> Counter {
            Counter(label: MetricFamily.refusedLogins.name, dimensions: [("reason", reason)], factory: factory)
        }
        (own, shared, signature) = (lookups("thread"), lookups("cache"), lookups("signature"))
        (missing, invalid, expired) = (refusals("missing"), refusals("invalid"), refusals("expired"))
    }
}
