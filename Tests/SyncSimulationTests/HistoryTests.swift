import SyncSimulation
import Testing

/// `script/simulate --seeds 100000` runs more of them.
@Suite struct HistoryTests {
    /// Seeds that failed once. A failing history becomes a test of what was wrong; its seed stays here.
    private static let failedOnce: [UInt64] = [
        8, 17,  // a merge left out of the page
        27, 38, 97, 109, 226, 231,  // a first sync sent again, after a deletion
        286, 346, 412, 467, 478, 569, 757, 775, 904, 1210, 1487,
        1560,  // a create that goes through beside a replayed delete
        2168, 2202, 2207, 8082, 10237, 11368, 13681, 13988, 100570, 104419, 163940, 300158, 407359,
        214788,  // a version taken for a base before its page had come
        420833,  // a decision about a conflict that was renewed meanwhile
        1193, 5216, 6218, 6540, 13394, 13819, 14573,  // claims of clients
        28345, 35586, 39799,  // an edit that follows one which had not seen the whole record
        21228, 42439, 105455, 108128,  // a decision taken for its operation's write
        21470,  // a base of a lost timeline
        42673,  // a client that catches up on an entity which was away
        25477, 51921,  // the end of a record at its client's first sync
        43435,  // a purge before the first request after a return
        10572, 41457, 49035, 52401,  // a single device in conflict with itself
        24122, 26618, 200019, 404949,  // a record whose create was merged into another
    ]

    @Test(arguments: 0..<4) func everyInvariantHolds(quarter: UInt64) throws {
        let first = quarter * 125 + 1
        try expectNoFailure(in: Array(first..<first + 125))
    }

    @Test func everyInvariantHoldsWhereOneWasBrokenOnce() throws {
        try expectNoFailure(in: Self.failedOnce)
    }

    @Test func aHistoryDependsOnItsSeedAlone() throws {
        let simulation = try Simulation()
        #expect(try simulation.trace(of: 7) == simulation.trace(of: 7))
        #expect(try simulation.trace(of: 7) != simulation.trace(of: 8))
    }

    private func expectNoFailure(in seeds: [UInt64]) throws {
        for failure in try Simulation().failures(in: seeds) {
            Issue.record("\(failure)")
        }
    }
}

/// For every invariant there is a way to break it, and the simulation notices, and blames nothing else.
@Suite struct SabotageTests {
    @Test(arguments: Sabotage.allCases) func aBrokenVariantBreaksItsInvariant(sabotage: Sabotage) throws {
        let simulation = try Simulation(sabotage: sabotage)
        let failures = try simulation.failures(in: Array(1...40), atMost: 3)
        #expect(!failures.isEmpty, "Nobody noticed.")
        #expect(failures.allSatisfy { $0.violation.invariant == sabotage.broken }, "\(failures.map(\.violation))")
    }

    @Test func everyInvariantHasABrokenVariant() {
        #expect(Set(Sabotage.allCases.map(\.broken)) == Set(Invariant.allCases))
    }
}
