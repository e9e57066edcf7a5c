import Foundation

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

    /// A folder in memory if there is one: what is simulated is a kill of the process, not a loss of power.
    package static let defaultFolder = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()

    /// - Parameter folder: where the databases are put.
    package init(folder: String = defaultFolder, sabotage: Sabotage? = nil) throws {
        world = try World(folder: folder, for: sabotage)
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
    package func failures(in seeds: [UInt64], atMost count: Int = .max) throws -> [Failure] {
        var failures: [Failure] = []
        for seed in seeds where failures.count < count {
            do { try run(seed: seed) } catch let failure as Failure { failures.append(failure) }
        }
        return failures
    }

    /// The history, written down: a run that nobody reads is not slowed down by its text. What differs from run to run is
    /// left out: the cursors and the epoch, which the server makes of random numbers.
    package func trace(of seed: UInt64) throws -> [String] {
        var history = try History(seed: seed, in: world, sabotage: sabotage, isTraced: true)
        do { try history.run() } catch is Violation {}
        return history.trace.lines
    }
}
