import Foundation
import HTTP
import HTTPTypes

/// Devices that send requests in turn, each from where its last answer ended.
final class Session {
    private(set) var devices: [Device] = []
    private let workload: Workload
    private let server: Server
    private let answerStart: [UInt8]
    /// By the device's place.
    private var positions: [[UInt8]] = []

    /// Creates the records that are there before.
    init(_ workload: Workload, server: Server) throws {
        self.workload = workload
        self.server = server
        answerStart = Array(workload.answerStart.utf8)
        for number in 0..<workload.users { try addUser("user-\(number)") }
        try server.restart()
    }

    private func addUser(_ user: String) throws {
        let token = try server.token(user)
        let devices = (0..<workload.devicesPerUser).map { Device(of: user, lane: $0, token: token) }
        var position: [UInt8] = []
        for first in stride(from: 0, to: workload.records, by: 200) {
            server.answer(devices[0].seed(records: first..<first + 200))
            position = try checkedPosition(after: Array(Workload.bulk.answerStart.utf8))
        }
        positions += devices.map { _ in position }
        self.devices += devices
    }

    /// - Parameter count: is rounded up, so that every device has as many.
    func makeRequests(_ count: Int) -> [PreparedRequest] {
        let rounds = (count + devices.count - 1) / devices.count
        return (0..<rounds).flatMap { _ in devices.indices.map { devices[$0].request(workload) } }
    }

    /// Lets everything happen that happens but once, such as preparing statements and checking tokens.
    func warmUp() throws {
        // The first pages of all bring less.
        for (place, request) in makeRequests(devices.count).enumerated() { try send(request, place) }
        for (place, request) in makeRequests(4 * devices.count).enumerated() { try sendChecked(request, place % devices.count) }
    }

    /// Tests/Load/cost.py counts from the beginning of this function to that of ``finishCounted()``, and knows both by name.
    @inline(never)
    func sendCounted(_ requests: [PreparedRequest]) throws {
        for (turn, request) in requests.enumerated() { try sendChecked(request, turn % devices.count) }
    }

    private func sendChecked(_ request: PreparedRequest, _ place: Int) throws {
        try send(request, place)
        try checkChanges()
    }

    private func send(_ request: PreparedRequest, _ place: Int) throws {
        server.answer(request.request(from: positions[place]))
        positions[place] = try checkedPosition(after: answerStart)
    }

    /// The answer's position.
    private func checkedPosition(after start: [UInt8]) throws -> [UInt8] {
        let body = server.response.body
        guard server.response.status == .ok, body.starts(with: start), body.count >= start.count + 24 else {
            throw WrongRun("Answered with \(server.response.status.code): \(String(decoding: body.prefix(400), as: UTF8.self))")
        }
        return Array(body[start.count..<start.count + 24])
    }

    private func checkChanges() throws {
        let count = Self.count("{\"entity\":\"tasks\",\"operation\":", in: server.response.body)
        guard count == workload.changes else {
            throw WrongRun("A page of \(workload.rawValue) brought \(count) changes, and \(workload.changes) were expected.")
        }
    }

    /// From brace to brace with memchr: half a megabyte read byte by byte would be counted as the server's work.
    private static func count(_ pattern: StaticString, in text: [UInt8]) -> Int {
        text.withUnsafeBytes { bytes in
            guard var place = bytes.baseAddress else { return 0 }
            let (end, length) = (place + bytes.count, pattern.utf8CodeUnitCount)
            var count = 0
            while let brace = memchr(place, Int32(UInt8(ascii: "{")), end - place) {
                place = UnsafeRawPointer(brace)
                if end - place >= length && memcmp(place, pattern.utf8Start, length) == 0 { count += 1 }
                place += 1
            }
            return count
        }
    }

    /// Here the counting has ended.
    @inline(never)
    func finishCounted() throws { try server.close() }
}
