// The input is text, so that seeds can be read and mutations mostly mean something: a line for each step, whose first
// character says what to do.
//
//     B flags          BEGIN_REQUEST, 1 for keep_conn; the role is a responder's
//     P NAME=value     PARAMS with one pair            L name value …   a pair whose lengths are claimed to be these
//     E                the end of PARAMS
//     S text           STDIN                           Z                the end of STDIN
//     R type length …  a record of any type, whose content is claimed to be so long
//     X text           bytes as they are, \xHH for any
//     I id             the request's id from here on   O padding        the padding of records from here on
//     T METHOD /uri …  a whole request with a body     A                ABORT_REQUEST
//     G name           GET_VALUES                      C number         another connection from here on
//     H                nothing more is sent            D                leaves without reading
//     F                sends what there is; the end of a connection's steps does, too

/// What a peer of the server's does, step by step.
struct FastCGIScript {
    private var peers: [FastCGIPeer?] = [nil, nil, nil]
    private var current = 0
    private var id: UInt8 = 1
    private var padding: UInt8 = 0
    private let path: String
    private let token: String
    private let lines: [ArraySlice<UInt8>]
    private let mayLie: Bool
    /// Whether any byte can come to stand for a length.
    private let isLying: Bool

    /// - Parameter mayLie: whether steps count that lie about lengths.
    init(_ text: [UInt8], path: String, token: String, mayLie: Bool) {
        lines = Array(text.split(separator: UInt8(ascii: "\n")).prefix(64))
        self.path = path
        self.token = token
        self.mayLie = mayLie
        isLying = mayLie && lines.contains { line in "LRX".utf8.contains { $0 == line.first } }
    }

    /// Goes through all steps, ends all connections, and hands over what came on each, and whether it came to its end.
    mutating func run(_ look: (_ bytes: [UInt8], _ isWhole: Bool) -> Void) {
        for line in lines { step(line) }
        for peer in peers { peer?.endSending() }
        for peer in peers {
            if let (bytes, isWhole) = peer?.readToEnd() { look(bytes, isWhole) }
        }
    }

    private mutating func step(_ line: ArraySlice<UInt8>) {
        guard let step = line.first else { return }
        var text = Array(line.dropFirst().drop { $0 == UInt8(ascii: " ") })
        // libfcgi reads the content of records with the id 0 as parameters.
        if mayLie { text = text.map(LibfcgiFaults.avoidingLengths) }
        switch step {
        case UInt8(ascii: "B"): send(1, [0, 1, UInt8(truncatingIfNeeded: number(text)), 0, 0, 0, 0, 0])
        case UInt8(ascii: "A"): send(2, [])
        case UInt8(ascii: "P"): send(4, pair(expanded(text)))
        case UInt8(ascii: "E"): send(4, [])
        case UInt8(ascii: "S"): send(5, text)
        case UInt8(ascii: "Z"): send(5, [])
        case UInt8(ascii: "T"): request(text)
        case UInt8(ascii: "I"): id = max(mayLie ? 0 : 1, UInt8(truncatingIfNeeded: number(text)))
        case UInt8(ascii: "O"): padding = UInt8(truncatingIfNeeded: number(text))
        case UInt8(ascii: "C"):
            peers[current]?.flush()
            current = number(text) % peers.count
        case UInt8(ascii: "F"): peers[current]?.flush()
        case UInt8(ascii: "H"): peers[current]?.endSending()
        case UInt8(ascii: "D"): peers[current]?.leave()
        default: if mayLie { lie(step, text) }
        }
    }

    private mutating func lie(_ step: UInt8, _ text: [UInt8]) {
        let words = text.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        let (first, second) = (number(words.first ?? []), number(words.count > 1 ? words[1] : []))
        let rest = words.count > 2 ? words[2] : []
        switch step {
        case UInt8(ascii: "L"): send(4, length(first) + length(second) + rest)
        case UInt8(ascii: "R"): send(UInt8(truncatingIfNeeded: first), rest, claimed: second)
        case UInt8(ascii: "X"): send(bytes: unescaped(text))
        case UInt8(ascii: "G"):
            id = 0
            send(9, pair(text + [UInt8(ascii: "=")]))
            id = 1
        default: break
        }
    }

    // MARK: - Bytes

    private mutating func request(_ text: [UInt8]) {
        let words = text.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        let body = words.count > 2 ? words[2] : []
        send(1, [0, 1, 1, 0, 0, 0, 0, 0])
        send(4, pair(Array("REQUEST_METHOD=".utf8) + (words.first ?? [])))
        send(4, pair(Array("REQUEST_URI=".utf8) + (words.count > 1 ? words[1] : [])))
        send(4, pair(Array("CONTENT_LENGTH=\(body.count)".utf8)))
        send(4, pair(Array("HTTP_AUTHORIZATION=Bearer \(token)".utf8)))
        send(4, [])
        if !body.isEmpty { send(5, body) }
        send(5, [])
    }

    private mutating func send(_ type: UInt8, _ content: [UInt8], claimed: Int? = nil) {
        let length = claimed ?? content.count
        send(bytes: [1, type, 0, id, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), padding, 0] + content)
        send(bytes: [UInt8](repeating: 0, count: Int(padding)))
    }

    private mutating func send(bytes: [UInt8]) {
        let peer = peers[current] ?? FastCGIPeer(path: path)
        peers[current] = peer
        peer.add(isLying ? bytes.map(LibfcgiFaults.avoidingLengths) : bytes)
    }

    private func pair(_ line: [UInt8]) -> [UInt8] {
        let equals = line.firstIndex(of: UInt8(ascii: "=")) ?? line.endIndex
        let value = line[equals...].dropFirst()
        return length(equals) + length(value.count) + line[..<equals] + value
    }

    private func length(_ count: Int) -> [UInt8] {
        if count < 0x80 { return [UInt8(count)] }
        return [UInt8(count >> 24 & 0x7F) | 0x80, UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
    }

    private func number(_ text: [UInt8]) -> Int { Int(String(decoding: text.prefix(10), as: UTF8.self)).map { max(0, $0) } ?? 0 }

    private func expanded(_ text: [UInt8]) -> [UInt8] { text.replacing(Array("$token".utf8), with: Array(token.utf8)) }

    private func unescaped(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
