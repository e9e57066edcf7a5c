/// Runs histories, and tells what went wrong in one.
package struct Simulation: Sendable {
    /// A history that broke an invariant.
    package struct Failure: Error, CustomStringConvertible {
        package let seed: UInt64
        package let violation: Violation
        /// All that happened, the last event last.
        let trace: [String]

        /// The line that runs it again, what was violated, and how it came to it.
        package var description: String {
            "script/simulate --first-seed \(seed) --seeds 1\n\(violation)\n" + trace.map { "  \($0)\n" }.joined()
        }
    }

    private let world: World
    private let sabotage: Sabotage?

    package init(_ world: World, sabotage: Sabotage? = nil) {
        self.world = world
        self.sabotage = sabotage
    }

    /// Runs one history.
    ///
    /// - Throws: ``Failure`` if it broke an invariant; what the store throws if its files cannot be written.
    package func run(seed: UInt64) throws {
        do {
            var history = try History(seed: seed, in: world, sabotage: sabotage)
            try history.run()
        } catch let violation as Violation {
            throw Failure(seed: seed, violation: violation, trace: try trace(of: seed))
        }
    }

    /// The seeds whose histories fail, with what they broke.
    package func failures(in seeds: Range<UInt64>) throws -> [Failure] {
        try seeds.compactMap { seed in
            do {
                try run(seed: seed)
                return nil
            } catch let failure as Failure {
                return failure
            }
        }
    }

    /// The history again, written down: a run that nobody reads is not slowed down by its text.
    private func trace(of seed: UInt64) throws -> [String] {
        var history = try History(seed: seed, in: world, sabotage: sabotage, isTraced: true)
        do { try history.run() } catch is Violation {}
        return history.trace.lines
    }
}

extension World {
    /// A world for simulations with a sabotage: some need other handlers.
    package convenience init(folder: String, for sabotage: Sabotage) throws {
        let handlers = SimulatedHandlers.all.map { sabotage == .mergesAsAWhole && $0 is Merged ? MergedAsAWhole() : $0 }
        try self.init(folder: folder, handlers)
    }
}
