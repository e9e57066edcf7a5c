import ArgumentParser
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

    @Option(help: "Where the databases are put; on Linux, /dev/shm is fast.")
    var folder: String = NSTemporaryDirectory()

    @Option(help: "How many failing histories end the run.")
    var maxFailures: Int = 1

    @Option(help: "A broken variant, to see that it is noticed: \(Sabotage.allCases.map(\.rawValue).joined(separator: ", ")).")
    var broken: Sabotage?

    func run() throws {
        let simulation = try Simulation(folder: folder, sabotage: broken)
        let start = Date()
        var failures = 0
        for count in 0..<seeds {
            do {
                try simulation.run(seed: firstSeed + count)
            } catch let failure as Simulation.Failure {
                print(failure)
                failures += 1
                if failures >= maxFailures { throw ExitCode.failure }
            }
            if (count + 1) % 1000 == 0 { report(count + 1, since: start) }
        }
        report(seeds, since: start)
        if failures > 0 { throw ExitCode.failure }
    }

    private func report(_ count: UInt64, since start: Date) {
        let seconds = Date().timeIntervalSince(start)
        FileHandle.standardError.write(Data("\(count) histories in \(Int(seconds)) s, \(Int(Double(count) / seconds)) per second\n".utf8))
    }
}
