import Glibc
import HTTP
import HTTPTypes
import SyncTesting
import Testing

/// The server as the web server sees it, over real sockets. One test after the other: they block, and tests have few threads.
@Suite(.serialized) enum FastCGIServerTests {}

extension FastCGIServerTests {
    @Suite struct AnsweringTests {
        @Test func aRequestIsAnswered() throws {
            let responder = try TestResponder()
            let client = try responder.connect()
            let answer = try client.answer(to: FastCGIRequest("GET", "/api/x?a=1"))
            #expect(answer.status == "200 OK")
            #expect(answer.fields["content-type"] == "text/plain")
            #expect(answer.fields["content-length"] == "\(answer.body.count)")
            #expect(answer.text == "GET /api/x ")
            #expect(responder.handler.seen.map(\.query) == ["a=1"])
            #expect(try client.isClosed())
        }

        @Test func aKeptConnectionIsUsedAgain() throws {
            let responder = try TestResponder()
            let client = try responder.connect()
            for number in 0..<100 {
                #expect(try client.answer(to: FastCGIRequest("GET", "/\(number)").kept).text == "GET /\(number) ")
            }
            #expect(try client.answer(to: FastCGIRequest("GET", "/last")).text == "GET /last ")
            #expect(try client.isClosed())
        }

        @Test func aPortIsServed() throws {
            let port = try FreePort.take()
            let responder = try TestResponder(on: "tcp:127.0.0.1:\(port)")
            let client = try FastCGIClient(port: port)
            #expect(try client.answer(to: FastCGIRequest().kept).text == "GET /echo ")
            #expect(try client.answer(to: FastCGIRequest()).text == "GET /echo ")
            #expect(responder.handler.seen.count == 2)
        }

        @Test func anInheritedSocketIsServedByOneServerAfterTheOther() throws {
            let inherited = try OtherProcess.listeningOnFreePort()
            defer { close(inherited.descriptor) }
            for _ in 0..<2 {
                let responder = try TestResponder(on: "fd:\(inherited.descriptor)")
                #expect(try FastCGIClient(port: inherited.port).answer(to: FastCGIRequest()).text == "GET /echo ")
                #expect(responder.drain())
                #expect(responder.handler.seen.count == 1)
            }
        }

        @Test func idleConnectionsHoldNoThread() throws {
            let responder = try TestResponder(threads: 2)
            let clients = try (0..<200).map { _ in try responder.connect() }
            for client in clients { _ = try client.answer(to: FastCGIRequest().kept) }
            #expect(try responder.isWell())
            for client in clients { #expect(try client.answer(to: FastCGIRequest().kept).text == "GET /echo ") }
        }

        @Test func manyClientsAtOnceGetTheirOwnAnswers() throws {
            let responder = try TestResponder(threads: 4)
            let clients = (0..<8).map { number in
                Background {
                    let client = try responder.connect()
                    return try (0..<50).allSatisfy { turn in
                        var request = FastCGIRequest("POST", "/\(number)").kept
                        request.body = Array(String(repeating: "\(turn),", count: 500 * number).utf8)
                        return try client.answer(to: request).body == Array("POST /\(number) ".utf8) + request.body
                    }
                }
            }
            for client in clients { #expect(try client.value()) }
            #expect(responder.handler.seen.count == 400)
        }

        @Test(arguments: [1, 127, 8192, 65_535, 65_536, 300_000])
        func aBodyArrivesWhole(size: Int) throws {
            let responder = try TestResponder()
            var request = FastCGIRequest("POST")
            request.body = Array(TestHandler.bigBody.prefix(size))
            #expect(try responder.connect().answer(to: request).body == Array("POST /echo ".utf8) + request.body)
            #expect(responder.handler.seen.first?.body == .complete(request.body))
        }

        @Test func oneOfAThousandFieldsArrives() throws {
            let responder = try TestResponder()
            var request = FastCGIRequest()
            request.variables = (0..<1000).map { ("HTTP_X_FIELD_\($0)", String(repeating: "\($0)", count: $0 % 100)) }
            request.variables.insert(("HTTP_IF_NONE_MATCH", "found"), at: 700)
            _ = try responder.connect().answer(to: request)
            #expect(responder.handler.seen.first?.fields == [.ifNoneMatch: "found"])
        }

        @Test func aFieldOfAHundredKilobytesArrives() throws {
            let responder = try TestResponder()
            var request = FastCGIRequest().kept
            request.variables = [("HTTP_AUTHORIZATION", String(repeating: "0123456789", count: 10_000)), ("HTTP_IF_NONE_MATCH", "1")]
            let client = try responder.connect()
            #expect(try client.answer(to: request).text == "GET /echo ")
            #expect(responder.handler.seen.first?.fields.map(\.value.utf8.count) == [100_000, 1])
            #expect(try client.answer(to: FastCGIRequest()).text == "GET /echo ")
        }

        @Test func aNulByteEndsItsValueAndNothingElse() throws {
            let responder = try TestResponder()
            var request = FastCGIRequest("GET", "/echo")
            request.variables = [("HTTP_AUTHORIZATION", "a\0b"), ("HTTP\0_IF_NONE_MATCH", "c"), ("HTTP_IF_NONE_MATCH", "d")]
            #expect(try responder.connect().answer(to: request).text == "GET /echo ")
            #expect(responder.handler.seen.first?.fields.map(\.value) == ["a", "d"])
            #expect(try responder.isWell())
        }

        @Test func anAnswerOfTwoMegabytesArrivesWhole() throws {
            let responder = try TestResponder()
            let client = try responder.connect()
            for _ in 0..<2 {
                let answer = try client.answer(to: FastCGIRequest("GET", "/big").kept)
                #expect(answer.fields["content-length"] == "2097152")
                #expect(answer.body == TestHandler.bigBody)
            }
        }

        @Test func theAnswerToHEADHasNoBody() throws {
            let responder = try TestResponder()
            let client = try responder.connect()
            let answer = try client.answer(to: FastCGIRequest("HEAD").kept)
            #expect(answer.status == "200 OK")
            #expect(answer.body.isEmpty)
            #expect(try client.answer(to: FastCGIRequest("GET")).text == "GET /echo ")
        }
    }
}
