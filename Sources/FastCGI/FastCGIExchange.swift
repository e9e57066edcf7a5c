// One request and its answer over one connection, by libfcgi. Its traps, and what is done about them:
// - FCGX_Accept_r would accept connections itself; it is given one, and -1 for the listener, so that it never does.
// - A connection that breaks off in the parameters arrives as a request without some or all of them: see `isBroken`.
// - A short body just returns fewer bytes: they are counted.
// - What of the body is not read would be taken for the next request: it is read to its end whatever it is.
// - FCGX_Finish_r frees the parameters: they are copied at once.
// - When libfcgi closes a connection it waits up to two seconds for the peer, unless the request is `detached`.

import CFastCGI
import Glibc
import HTTP
import HTTPTypes

/// Reads a request from a connection and writes its answer; used again for the next one.
final class FastCGIExchange {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private let maxBodyBytes: Int
    private var method = HTTPRequest.Method.get
    private var head: [UInt8] = []

    init(maxBodyBytes: Int) {
        self.maxBodyBytes = maxBodyBytes
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        FCGX_Free(request, 1)
        request.deallocate()
    }

    /// The one that it reads from; -1 between two requests.
    var connection: Int32 { request.pointee.ipcFd }

    enum Incoming {
        case request(Request)
        /// The connection brought no whole request; it is closed.
        case nothing
        /// What came cannot be answered as HTTP; it is to be closed.
        case garbage
    }

    /// Reads one request from `connection`, which it owns from here on, until ``finish(closing:)`` gives it back.
    func readRequest(from connection: Int32) -> Incoming {
        request.pointee.ipcFd = connection
        request.pointee.keepConnection = 1
        request.pointee.detached = 1
        guard FCGX_Accept_r(request) == 0 else { return .nothing }
        let variables = readVariables()
        guard !isBroken, var incoming = variables.request else { return .garbage }
        guard let body = readBody(variables.bodyLength) else { return .garbage }
        incoming.body = body
        method = incoming.method
        return .request(incoming)
    }

    private var isBroken: Bool { FCGX_GetError(request.pointee.in) != 0 }

    private func readVariables() -> CGIVariables {
        var variables = CGIVariables()
        var next = request.pointee.envp
        while let line = next?.pointee {
            let count = strlen(line)
            line.withMemoryRebound(to: UInt8.self, capacity: count) { variables.add(UnsafeBufferPointer(start: $0, count: count)) }
            next = next?.advanced(by: 1)
        }
        return variables
    }

    // MARK: - The body

    /// How much of a body that is too large is read and dropped, in bytes: a web server that is cut off while it sends
    /// would not see our answer.
    private static let maxDiscarded = 256 << 20

    /// Nil if the connection must be given up.
    private func readBody(_ length: CGIVariables.BodyLength) -> Request.Body? {
        switch length {
        case .unusable: discard() == nil ? nil : .incomplete(expected: 0, received: 0)
        case .unannounced: readToEnd()
        case .bytes(let announced) where announced > maxBodyBytes: discard() == nil ? nil : .tooLarge
        case .bytes(let announced): read(announced)
        }
    }

    private func read(_ announced: Int) -> Request.Body? {
        guard announced > 0 else {
            // Reads the record that ends the stream, too.
            guard let extra = discard() else { return nil }
            return extra == 0 ? .complete([]) : .incomplete(expected: 0, received: extra)
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: announced) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) {
                Int(FCGX_GetStr($0.baseAddress, Int32(announced), request.pointee.in))
            }
        }
        guard let extra = discard() else { return nil }
        let received = bytes.count + extra
        return received == announced ? .complete(bytes) : .incomplete(expected: announced, received: received)
    }

    private func readToEnd() -> Request.Body? {
        var bytes: [UInt8] = []
        guard let total = readRest({ if bytes.count <= maxBodyBytes { bytes += $0 } }) else { return nil }
        return total <= maxBodyBytes ? .complete(bytes) : .tooLarge
    }

    private func discard() -> Int? { readRest { _ in } }

    /// Reads the body to its end, piece by piece; returns how many bytes there were. Nil if there is no end in sight or the
    /// connection broke.
    private func readRest(_ take: (UnsafeRawBufferPointer) -> Void) -> Int? {
        var total = 0
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { buffer in
            while total <= Self.maxDiscarded {
                let count = Int(FCGX_GetStr(buffer.baseAddress, 8192, request.pointee.in))
                total += count
                take(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                if count < 8192 { return isBroken ? nil : total }
            }
            return nil
        }
    }

    // MARK: - The answer

    /// Writes the answer; its body stays away for HEAD and for statuses that have none (RFC 9110, 6.4.1).
    func write(_ response: Response) {
        head.removeAll(keepingCapacity: true)
        head += "Status: \(response.status.code) \(response.status.reasonPhrase)\r\n".utf8
        for field in response.fields { head += "\(field.name.rawName): \(field.value)\r\n".utf8 }
        let hasBody = method != .head && response.status != .notModified && response.status != .noContent
        if hasBody { head += "Content-Length: \(response.body.count)\r\n".utf8 }
        head += "\r\n".utf8
        put(head)
        if hasBody { put(response.body) }
    }

    private func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { buffer in
            _ = buffer.withMemoryRebound(to: CChar.self) { FCGX_PutStr($0.baseAddress, Int32($0.count), request.pointee.out) }
        }
    }

    /// Ends the exchange: sends what is left of the answer and frees the request.
    ///
    /// - Returns: whether the connection is open still. It is the caller's again then; it is closed otherwise.
    func finish(closing: Bool) -> Bool {
        if closing { request.pointee.keepConnection = 0 }
        FCGX_Finish_r(request)
        let isOpen = request.pointee.ipcFd >= 0
        request.pointee.ipcFd = -1
        return isOpen
    }
}
