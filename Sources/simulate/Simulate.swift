import ArgumentParser
import Dispatch
import Foundation
import SyncSimulation

extension Sabotage: ExpressibleByArgument {}

/// `script/simulate --seeds 100000`
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run random histories of devices, faults and the real server, and check what must always hold.",
        discussion: "A history depends on its seed alone. One that fails is printed with the line that runs it again.")

    @Option(help: "How many histories.")
    var seeds: UInt64 = 1000

    @Option(help: "The seed of the first one; the others follow it.")
    var firstSeed: UInt64 = 1

    @Option(help: "How many histories run at the same time.")
    var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Where the databases are put; in memory by default, if there is such a folder.")
    var folder: String = Simulation.defaultFolder

    @Option(help: "How many failing histories end the run.")
    var maxFailures: Int = 1

    @Option(help: "A broken variant, to see that it is noticed: \(Sabotage.allCases.map(\.rawValue).joined(separator: ", ")).")
    var broken: Sabotage?

    func run() throws {
        let simulation = try Simulation(folder: folder, sabotage: broken)
        let progress = Progress(seeds: firstSeed..<firstSeed + seeds, maxFailures: maxFailures)
        DispatchQueue.concurrentPerform(iterations: max(1, jobs)) { _ in
            while let seed = progress.next() {
                do { try simulation.run(seed: seed) } catch { progress.add(error) }
            }
        }
        progress.report()
        if progress.hasFailures { throw ExitCode.failure }
    }
}
