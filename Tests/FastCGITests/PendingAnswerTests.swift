import FastCGI
import Foundation
import SyncTesting
import Testing

extension FastCGIServerTests {
    /// Answers that wait for something while the threads go on.
    @Suite struct PendingAnswerTests {
        @Test func oneThreadKeepsManyRequestsWaitingAndAnswersOthers() throws {
            let responder = try TestResponder(threads: 1)
            let clients = try later(50, at: responder)
            #expect(try responder.isWell())
            responder.handler.finish()
            for (number, client) in clients.enumerated() {
                #expect(try client.answer().text == "/later/\(number) is finished")
                #expect(try client.answer(to: FastCGIRequest().kept).text == "GET /echo ")
            }
        }

        @Test func manyThreadsWriteEachAnswerOnce() throws {
            let responder = try TestResponder(threads: 8)
            for _ in 0..<20 {
                let clients = try later(32, at: responder)
                responder.handler.finish()
                for (number, client) in clients.enumerated() {
                    #expect(try client.answer().text == "/later/\(number) is finished")
                    #expect(try client.answer(to: FastCGIRequest()).text == "GET /echo ")
                    #expect(try client.isClosed())
                }
            }
        }

        @Test func nothingMoreIsReadWhileTheyHoldMuchMemory() throws {
            let responder = try TestResponder(threads: 2)
            let clients = try later(2, at: responder, holding: 20 << 20)
            let other = try responder.connect()
            try other.send(FastCGIRequest().kept)
            usleep(300_000)
            #expect(responder.handler.seen.count == 2)
            responder.handler.finish()
            #expect(try other.answer().text == "GET /echo ")
            for client in clients { #expect(try client.answer().text.hasSuffix("is finished")) }
        }

        @Test func aClientThatGoesMeanwhileHurtsNobody() throws {
            let responder = try TestResponder(threads: 1)
            var clients = try later(10, at: responder)
            clients.removeFirst(5)
            responder.handler.finish()
            for client in clients { #expect(try client.answer().text.hasSuffix("is finished")) }
            #expect(try responder.isWell())
        }

        @Test func theEndWaitsForThem() throws {
            let responder = try TestResponder(threads: 1)
            let clients = try later(10, at: responder)
            let drain = Background { responder.drain() }
            // Longer than the connections have to be quiet for the others.
            usleep(600_000)
            #expect(!drain.isFinished)
            responder.handler.finish()
            for client in clients {
                #expect(try client.answer().text.hasSuffix("is finished"))
                #expect(try client.isClosed())
            }
            #expect(try drain.value())
        }

        @Test func theEndDoesNotWaitForEver() throws {
            let responder = try TestResponder(threads: 1) { $0.drainTimeout = 1 }
            let clients = try later(1, at: responder)
            let start = ContinuousClock.now
            #expect(!responder.drain())
            #expect(ContinuousClock.now - start < .seconds(10))
            withExtendedLifetime(clients) {}
        }

        /// Clients whose requests have arrived and wait.
        private func later(_ count: Int, at responder: TestResponder, holding bytes: Int = 0) throws -> [FastCGIClient] {
            let clients = try (0..<count).map { number in
                let client = try responder.connect()
                try client.send(FastCGIRequest("GET", "/later/\(number)?\(bytes)").kept)
                return client
            }
            for _ in 0..<1000 where responder.handler.waitingCount < count { usleep(10_000) }
            #expect(responder.handler.waitingCount == count)
            return clients
        }
    }
}
