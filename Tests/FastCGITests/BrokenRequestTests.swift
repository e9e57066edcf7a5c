import FastCGI
import HTTP
import HTTPTypes
import Testing

extension FastCGIServerTests {
    /// What no client should send; whatever it is, the next request is answered.
    @Suite struct BrokenRequestTests {
        private let responder: TestResponder

        init() throws { responder = try TestResponder() }

        /// Sends bytes and nothing more, and waits until the server has given the connection up.
        private func sendAndLeave(_ bytes: [UInt8]) throws -> Bool {
            let client = try responder.connect()
            // The server may have closed the connection before it was sent the last byte.
            try? client.send(bytes)
            client.endSending()
            return try client.isClosed()
        }

        // MARK: - Bodies of another length than announced

        @Test(arguments: [
            ("10", 3, Request.Body.incomplete(expected: 10, received: 3)), ("3", 10, .incomplete(expected: 3, received: 10)),
            ("0", 5, .incomplete(expected: 0, received: 5)), ("7", 0, .incomplete(expected: 7, received: 0)),
            ("3", 20_000, .incomplete(expected: 3, received: 20_000)), ("x", 5, .incomplete(expected: 0, received: 0)),
        ])
        func aBodyOfAnotherLengthIsIncompleteAndTheConnectionStays(announced: String, length: Int, body: Request.Body) throws {
            let client = try responder.connect()
            var request = FastCGIRequest("POST").kept
            request.announced = announced
            request.body = Array(repeating: 0x61, count: length)
            #expect(try client.answer(to: request).text == "POST /echo ")
            #expect(responder.handler.seen.map(\.body) == [body])
            #expect(try client.answer(to: FastCGIRequest()).text == "GET /echo ")
        }

        @Test func aBodyThatIsTooLargeIsPassedOverAndTheConnectionStays() throws {
            let responder = try TestResponder { $0.maxBodyBytes = 1000 }
            let client = try responder.connect()
            for length in [1000, 1001, 3_000_000] {
                var request = FastCGIRequest("POST").kept
                request.body = Array(repeating: 0x61, count: length)
                #expect(try client.answer(to: request).status == "200 OK")
                #expect(responder.handler.seen.last?.body == (length > 1000 ? .tooLarge : .complete(request.body)))
            }
            #expect(try client.answer(to: FastCGIRequest()).text == "GET /echo ")
        }

        /// Apache and Caddy hand on what a client sends in chunks without a length.
        @Test(arguments: ["", "-1"]) func aBodyOfNoAnnouncedLengthEndsWithItsStream(announced: String) throws {
            let responder = try TestResponder { $0.maxBodyBytes = 100_000 }
            let client = try responder.connect()
            for length in [1, 8191, 8192, 8193, 100_000, 100_001, 3_000_000] {
                var request = FastCGIRequest("POST").kept
                request.announced = announced
                request.body = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                #expect(try client.answer(to: request).status == "200 OK")
                #expect(responder.handler.seen.last?.body == (length > 100_000 ? .tooLarge : .complete(request.body)))
            }
        }

        // MARK: - Connections that break off

        @Test func aConnectionCutAfterItsBeginningReachesNobody() throws {
            #expect(try sendAndLeave(Records.begin(keepsConnection: true)))
            #expect(responder.handler.seen.isEmpty)
            #expect(try responder.isWell())
        }

        @Test func aConnectionCutAnywhereReachesNobody() throws {
            var request = FastCGIRequest("POST").kept
            request.body = Array("0123456789".utf8)
            // What ends the body is the last record, of eight bytes.
            for length in 0..<request.bytes.count - 8 {
                #expect(try sendAndLeave(Array(request.bytes.prefix(length))), "\(length) bytes")
            }
            #expect(responder.handler.seen.isEmpty)
            #expect(try responder.isWell())
        }

        @Test func anAbortedRequestIsGivenUp() throws {
            var request = FastCGIRequest("POST")
            request.body = Array("0123456789".utf8)
            let begun = Records.begin(keepsConnection: true) + Records.stream(.params, request.params)
            for sent in [begun, begun + Records.record(.stdin, [0x30]), Records.begin(keepsConnection: true)] {
                #expect(try sendAndLeave(sent + Records.record(.abortRequest, [])))
                #expect(try responder.isWell())
            }
            #expect(responder.handler.seen.map(\.method) == [.get, .get, .get])
        }

        @Test func aClientThatDoesNotWaitForItsAnswerHurtsNobody() throws {
            for _ in 0..<5 {
                let client = try responder.connect()
                try client.send(FastCGIRequest("GET", "/big"))
            }
            #expect(try responder.isWell())
        }

        @Test func aPeerThatStallsGivesItsThreadFreeAfterTheTimeout() throws {
            let responder = try TestResponder(threads: 1) { $0.receiveTimeout = 1 }
            let stalling = try responder.connect()
            try stalling.send(Records.begin(keepsConnection: true) + [1, 4, 0])
            #expect(try responder.isWell())
            #expect(try stalling.isClosed())
            let slow = try responder.connect()
            var request = FastCGIRequest("POST")
            request.announced = "10"
            try slow.send(Array(request.bytes.dropLast(8)))
            #expect(try responder.isWell())
            #expect(try slow.isClosed())
            #expect(responder.handler.seen.count == 2)
        }

        // MARK: - Garbage

        @Test func aRequestWithoutAMethodIsGivenUp() throws {
            let client = try responder.connect()
            try client.send(FastCGIRequest(nil).kept)
            #expect(try client.isClosed())
            #expect(responder.handler.seen.isEmpty)
            #expect(try responder.isWell())
        }

        @Test(arguments: [
            "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "\u{1}\u{1}\0\u{1}\0\0\0\0",
            "\u{1}\u{4}\0\u{1}\0\u{8}\0\0xxxxxxxx",
            "\u{1}\u{1}\0\0\0\u{8}\0\0\0\u{1}\0\0\0\0\0\0", "\u{2}\u{1}\0\u{1}\0\u{8}\0\0\0\u{1}\0\0\0\0\0\0",
        ])
        func whatIsNoFastCGIIsGivenUp(text: String) throws {
            #expect(try sendAndLeave(Array(text.utf8)))
            #expect(responder.handler.seen.isEmpty)
            #expect(try responder.isWell())
        }

        @Test(
            arguments: [
                // A name or a value that is longer than the stream, and one whose length overflows a C int: CVE-2025-23016, which
                // ends the tests if libfcgi has it still.
                [0x0F, 0x01, 0x41], [0x01, 0x7F, 0x41], [0x80, 0x01, 0, 0, 0x01, 0x41],
                [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x41], [0x80], [0x01],
            ] as [[UInt8]])
        func lengthsThatLieAreGivenUp(pairs: [UInt8]) throws {
            #expect(try sendAndLeave(Records.begin(keepsConnection: true) + Records.stream(.params, pairs) + Records.stream(.stdin, [])))
            #expect(responder.handler.seen.isEmpty)
            #expect(try responder.isWell())
        }

        @Test(arguments: 0..<10 as Range<UInt64>) func mutatedRequestsHurtNobody(seed: UInt64) throws {
            var generator = SeededGenerator(state: seed)
            var request = FastCGIRequest("POST").kept
            // 256 characters, and mutations below 0x80, so that no byte above 0x80 can come to stand for a length: libfcgi 2.4.2
            // ends the process (fcgiapp.c, Malloc) if a name and its value are said to have more than 2 GB together.
            request.variables = [("HTTP_X", String(repeating: "x", count: 256))]
            request.body = Array("0123456789".utf8)
            for _ in 0..<30 {
                var bytes = request.bytes
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...0x7F, using: &generator)
                }
                let client = try responder.connect()
                try? client.send(bytes)
                client.endSending()
                // Some are requests still.
                while try !client.isClosed() {}
            }
            #expect(try responder.isWell(), "seed \(seed)")
        }
    }
}

/// Knuth's MMIX (https://en.wikipedia.org/wiki/Linear_congruential_generator): the same numbers at every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // The lower half is hardly random.
        return state >> 32 | (state << 32)
    }
}
