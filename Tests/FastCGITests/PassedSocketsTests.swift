import Testing

@testable import FastCGI

/// What systemd says about the sockets that it passes; that it works is shown in EndToEndTests.
@Suite struct PassedSocketsTests {
    private func complaint(_ environment: [String: String]) -> String? {
        do {
            _ = try PassedSockets(environment: environment, process: 7).numbers()
            return nil
        } catch {
            return error.message
        }
    }

    @Test func allThatArePassedAreTaken() throws {
        #expect(try PassedSockets(environment: ["LISTEN_PID": "7", "LISTEN_FDS": "3"], process: 7).numbers() == 3..<6)
    }

    @Test(arguments: [[:], ["LISTEN_PID": "7"], ["LISTEN_FDS": "1"]])
    func noSocketIsASentence(environment: [String: String]) {
        #expect(complaint(environment)?.contains("systemd has passed no socket") == true)
    }

    @Test func theSocketsOfAnotherProcessAreLeftAlone() {
        #expect(complaint(["LISTEN_PID": "8", "LISTEN_FDS": "1"])?.contains("for the process 8, while this is 7") == true)
    }

    @Test(arguments: ["", "0", "-1", "x", "1025", "99999999999999999999"])
    func aCountThatIsNoneIsNamed(count: String) {
        #expect(complaint(["LISTEN_PID": "7", "LISTEN_FDS": count])?.contains("LISTEN_FDS is '\(count)'") == true)
    }

    @Test func whatIsPassedAndDoesNotListenIsRefused() {
        // Some of so many are no listeners, or not open.
        #expect(throws: ListenerError.self) {
            try PassedSockets(environment: ["LISTEN_PID": "7", "LISTEN_FDS": "1024"], process: 7).listeners()
        }
    }
}
