import Glibc
import JSON
import Logging

/// One entry of the log and its two forms.
struct LogLine {
    let seconds: Int
    let nanoseconds: Int
    let level: Logger.Level
    let message: String
    let members: Logger.Metadata

    /// `{"time":"2026-11-24T10:00:00.000Z","level":"info","message":"…","route":"bulk"}`
    var json: [UInt8] {
        var line: [UInt8] = Array("{\"time\":\"".utf8)
        appendTime(to: &line)
        line += "\",\"level\":\"\(level.rawValue)\",\"message\":".utf8
        JSONWriter.string(LogText.harmless(message, maxBytes: LogText.maxMessageBytes), to: &line)
        for (name, value) in sortedMembers {
            line.append(UInt8(ascii: ","))
            JSONWriter.string(LogText.harmless(name), to: &line)
            line.append(UInt8(ascii: ":"))
            append(value, to: &line)
        }
        line += "}\n".utf8
        return line
    }

    /// `2026-11-24T10:00:00.000Z info The message. route=bulk path="/a b"`
    var text: [UInt8] {
        var line: [UInt8] = []
        appendTime(to: &line)
        line += " \(level.rawValue) \(LogText.harmless(message, maxBytes: LogText.maxMessageBytes))".utf8
        for (name, value) in sortedMembers {
            line += " \(LogText.harmless(name))=".utf8
            if case .string(let text) = value, LogText.isPlain(text) { line += text.utf8 } else { append(value, to: &line) }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private var sortedMembers: [(key: String, value: Logger.Metadata.Value)] { members.sorted { $0.key < $1.key } }

    /// RFC 3339 with milliseconds.
    private func appendTime(to line: inout [UInt8]) {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        for (number, digits, end) in [
            (Int(parts.tm_year) + 1900, 4, "-"), (Int(parts.tm_mon) + 1, 2, "-"), (Int(parts.tm_mday), 2, "T"),
            (Int(parts.tm_hour), 2, ":"), (Int(parts.tm_min), 2, ":"), (Int(parts.tm_sec), 2, "."), (nanoseconds / 1_000_000, 3, "Z"),
        ] {
            let text = "\(number)"
            line += [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - text.utf8.count))
            line += text.utf8
            line += end.utf8
        }
    }

    private func append(_ value: Logger.Metadata.Value, to line: inout [UInt8]) {
        switch value {
        case .string(let text): JSONWriter.string(LogText.harmless(text), to: &line)
        case .stringConvertible(let number as Int): JSONWriter.integer(Int64(number), to: &line)
        case .stringConvertible(let number as Double) where number.isFinite: line += "\(number)".utf8
        case .stringConvertible(let other): JSONWriter.string(LogText.harmless(other.description), to: &line)
        case .array(let values):
            appendList(values, between: "[]", to: &line) { append($0, to: &$1) }
        case .dictionary(let members):
            appendList(members.sorted { $0.key < $1.key }, between: "{}", to: &line) { member, line in
                JSONWriter.string(LogText.harmless(member.key), to: &line)
                line.append(UInt8(ascii: ":"))
                append(member.value, to: &line)
            }
        }
    }

    private func appendList<Item>(
        _ items: [Item], between brackets: String, to line: inout [UInt8], _ appendItem: (Item, inout [UInt8]) -> Void
    ) {
        line += brackets.prefix(1).utf8
        for (index, item) in items.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            appendItem(item, &line)
        }
        line += brackets.suffix(1).utf8
    }
}

/// What comes from outside, made fit for a line.
enum LogText {
    static let maxMessageBytes = 1500
    private static let maxValueBytes = 500

    /// The text without what ends a line, moves a terminal's cursor or turns the direction of writing, and not longer than
    /// `maxBytes`: a pipe takes 4096 bytes at once (PIPE_BUF).
    static func harmless(_ text: String, maxBytes: Int = maxValueBytes) -> String {
        let isShort = text.utf8.count <= maxBytes
        if isShort && text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var (result, bytes) = (String.UnicodeScalarView(), 0)
        for scalar in text.unicodeScalars {
            let scalar = isHarmful(scalar) ? "\u{FFFD}" : scalar
            bytes += UTF8.width(scalar)
            if bytes > maxBytes { return String(result) + "…" }
            result.append(scalar)
        }
        return String(result)
    }

    /// Whether a value needs no quotes.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= maxValueBytes
            && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) && !"\"=\\".utf8.contains($0) }
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
