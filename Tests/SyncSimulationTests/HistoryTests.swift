import Foundation
import SyncSimulation
import Testing

@Suite struct HistoryTests {
    @Test(arguments: 0..<20) func everyInvariantHoldsInEveryHistory(part: UInt64) throws {
        let failures = try Simulation(World()).failures(in: part * 25 + 1..<part * 25 + 26)
        #expect(failures.isEmpty, "\(failures.first.map { "\($0)" } ?? "")")
    }
}
