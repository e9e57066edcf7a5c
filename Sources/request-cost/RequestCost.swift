// What script/cost runs under valgrind: a fixed set of requests to the real server but for its socket. Nothing in it depends
// on the time of day or on chance, so that it executes the same instructions each time.

import ArgumentParser

extension Workload: ExpressibleByArgument {}

/// `request-cost W2 --requests 50 --folder /tmp/empty`
@main
struct RequestCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request-cost", abstract: "Send a fixed set of requests, whose instructions and allocations others count.",
        discussion: "What is counted is the function sendCounted. Every answer is looked at, and a wrong one ends the run.")

    @Argument(help: "One of \(Workload.allCases.map(\.rawValue).joined(separator: ", ")).")
    var workload: Workload

    @Option(help: "How many requests are counted.")
    var requests: Int

    @Option(help: "An empty folder for the database.")
    var folder: String

    func run() throws {
        let session = try Session(workload, server: Server(folder: folder))
        try session.warmUp()
        try session.sendCounted(session.makeRequests(requests))
        try session.finishCounted()
    }
}
