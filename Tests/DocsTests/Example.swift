import Foundation

/// One request of Docs/protocol.md with its answer:
///
///     <!-- example: GROUP user=bob before=purge -->
///     `POST /api/v1/sync/bulk` with `If-None-Match: $tag`
///     ```json … ```
///     Answer `200` with `ETag: $tag`
///     ```json … ```
///
/// The user, what happens before, the fields and both bodies may be left out.
struct Example {
    /// Its place in the document, for a failure's message.
    let line: Int
    let group: String
    var options: [String: String] = [:]
    var method = ""
    var target = ""
    var status = 0
    var requestFields: [(name: String, value: String)] = []
    var answerFields: [(name: String, value: String)] = []
    var body: String?
    var answer: String?
}

extension Example {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// The examples of a Markdown text, in order.
    ///
    /// - Throws: ``Malformed`` with the line of an example that is not complete.
    static func all(in markdown: String) throws -> [Example] {
        let lines = markdown.components(separatedBy: "\n")
        let starts = lines.indices.filter { lines[$0].hasPrefix("<!-- example:") }
        return try starts.enumerated().map { number, start in
            let end = number + 1 < starts.count ? starts[number + 1] : lines.endIndex
            return try Example(lines[start..<end])
        }
    }

    private init(_ lines: ArraySlice<String>) throws {
        line = lines.startIndex + 1
        let words = (lines.first ?? "").dropFirst("<!-- example:".count).split(separator: " ").dropLast().map(String.init)
        group = words.first ?? ""
        for word in words.dropFirst() {
            let parts = word.split(separator: "=").map(String.init)
            options[parts[0]] = parts.last
        }
        var block: String?
        scan: for text in lines.dropFirst() {
            if let open = block {
                block = text == "```" ? nil : open + text + "\n"
                if text == "```" { addBlock(open) }
            } else if text.hasPrefix("```json") {
                block = ""
            } else if status == 0 && text.hasPrefix("`") {
                startRequest(text)
            } else if text.hasPrefix("Answer `") {
                startAnswer(text)
            } else if status > 0 && !text.isEmpty {
                break scan
            }
        }
        guard !method.isEmpty, status > 0, !group.isEmpty else {
            throw Malformed(description: "Line \(line): the example has no request or no answer.")
        }
    }

    private mutating func addBlock(_ text: String) {
        if status == 0 { body = text } else { answer = text }
    }

    private mutating func startRequest(_ text: String) {
        let parts = Self.codes(in: text)
        let request = (parts.first ?? "").split(separator: " ").map(String.init)
        guard request.count == 2 else { return }
        (method, target) = (request[0], request[1])
        requestFields = parts.dropFirst().compactMap(Self.field)
    }

    private mutating func startAnswer(_ text: String) {
        let parts = Self.codes(in: text)
        status = parts.first.flatMap { Int($0) } ?? 0
        answerFields = parts.dropFirst().compactMap(Self.field)
    }

    /// The parts of a line that stand between backticks.
    private static func codes(in line: String) -> [String] {
        line.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    private static func field(_ text: String) -> (name: String, value: String)? {
        guard let colon = text.firstRange(of: ": ") else { return nil }
        return (String(text[..<colon.lowerBound]), String(text[colon.upperBound...]))
    }
}
