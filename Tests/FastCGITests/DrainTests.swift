import FastCGI
import Foundation
import SyncTesting
import Testing

extension FastCGIServerTests {
    /// The end of the server: what has reached it is answered, and nothing new comes in.
    @Suite struct DrainTests {
        @Test func anIdleServerEndsAtOnceAndTakesItsSocketAway() throws {
            let responder = try TestResponder()
            #expect(FileManager.default.fileExists(atPath: responder.path))
            #expect(responder.drain())
            #expect(!FileManager.default.fileExists(atPath: responder.path))
            #expect(throws: FastCGIClient.Failure.self) { try responder.connect() }
        }

        @Test func idleConnectionsDoNotHoldTheEndUp() throws {
            let responder = try TestResponder()
            let clients = try (0..<20).map { _ in try responder.connect() }
            for client in clients { _ = try client.answer(to: FastCGIRequest().kept) }
            let start = ContinuousClock.now
            #expect(responder.drain())
            #expect(ContinuousClock.now - start < .seconds(5))
            withExtendedLifetime(clients) {}
        }

        @Test func aRequestUnderWayIsFinishedAndItsConnectionClosed() throws {
            let responder = try TestResponder()
            let client = try responder.connect()
            try client.send(FastCGIRequest("GET", "/wait").kept)
            #expect(responder.handler.waitForArrival())
            let drain = Background { responder.drain() }
            try waitForSocketToGo(responder)
            #expect(!drain.isFinished)
            responder.handler.release()
            #expect(try client.answer().text == "GET /wait ")
            #expect(try client.isClosed())
            #expect(try drain.value())
        }

        @Test func requestsThatHaveBeenSentAreAnswered() throws {
            // With the only thread busy they wait in the sockets: one on a kept connection, one on a new one that nobody has accepted.
            let responder = try TestResponder(threads: 1)
            let (busy, kept) = (try responder.connect(), try responder.connect())
            _ = try kept.answer(to: FastCGIRequest().kept)
            try busy.send(FastCGIRequest("GET", "/wait").kept)
            #expect(responder.handler.waitForArrival())
            let new = try responder.connect()
            try new.send(FastCGIRequest("GET", "/new").kept)
            try kept.send(FastCGIRequest("GET", "/kept").kept)
            let drain = Background { responder.drain() }
            try waitForSocketToGo(responder)
            responder.handler.release()
            #expect(try busy.answer().text == "GET /wait ")
            #expect(try kept.answer().text == "GET /kept ")
            #expect(try new.answer().text == "GET /new ")
            #expect(try drain.value())
        }

        @Test func aRequestSentRightBeforeTheEndIsAnswered() throws {
            for _ in 0..<5 {
                let responder = try TestResponder()
                let client = try responder.connect()
                _ = try client.answer(to: FastCGIRequest().kept)
                try client.send(FastCGIRequest("GET", "/last").kept)
                #expect(responder.drain())
                #expect(try client.answer().text == "GET /last ")
            }
        }

        @Test func aRequestThatNeverEndsIsLeftBehind() throws {
            let responder = try TestResponder { $0.drainTimeout = 1 }
            let client = try responder.connect()
            try client.send(FastCGIRequest("GET", "/wait"))
            #expect(responder.handler.waitForArrival())
            #expect(!responder.drain())
            responder.handler.release()
        }

        private func waitForSocketToGo(_ responder: TestResponder) throws {
            for _ in 0..<1000 where FileManager.default.fileExists(atPath: responder.path) { usleep(10_000) }
            #expect(!FileManager.default.fileExists(atPath: responder.path))
        }
    }
}
