import Foundation

/// The values that answers of a group have given to names, `$cursor`, and the comparison with what the document says.
struct SavedValues {
    private var values: [String: JSONTree] = [:]

    /// The text of a request's body, each `"$name"` being replaced by the value.
    func fill(json text: String) -> String {
        values.reduce(text) { $0.replacing("\"$\($1.key)\"", with: $1.value.text) }
    }

    /// A path or a header field, each `$name` being replaced by the value.
    func fill(plain text: String) -> String {
        values.sorted { $0.key.count > $1.key.count }.reduce(text) { $0.replacing("$\($1.key)", with: $1.value.plainText) }
    }

    /// The places at which an answer is not what the document says, each as a sentence. Saves what `$names` stand for.
    ///
    /// An object may have more members than the document shows. An array has exactly the elements that are shown, unless one
    /// of them is "…".
    mutating func differences(expected: JSONTree, actual: JSONTree?, at path: String = "the answer") -> [String] {
        switch (expected, actual) {
        case (.string("…"), .some): []
        case (.string(let name), let value?) where name.hasPrefix("$"): compare(name.dropFirst(), value, path)
        case (.object(let members), .object(let others)):
            members.sorted { $0.key < $1.key }.flatMap { name, value in
                differences(expected: value, actual: others[name], at: path == "the answer" ? name : "\(path).\(name)")
            }
        case (.array(let list), .array(let others)) where list.contains(.string("…")):
            list.filter { $0 != .string("…") }.flatMap { missing($0, in: others, path) }
        case (.array(let list), .array(let others)) where list.count == others.count:
            zip(list, others).enumerated().flatMap { index, pair in
                differences(expected: pair.0, actual: pair.1, at: "\(path)[\(index)]")
            }
        default:
            expected == actual ? [] : ["\(path): the document says \(expected.text), the server \(actual?.text ?? "has no such member")"]
        }
    }

    private mutating func missing(_ element: JSONTree, in list: [JSONTree], _ path: String) -> [String] {
        for candidate in list {
            var attempt = self
            guard attempt.differences(expected: element, actual: candidate).isEmpty else { continue }
            self = attempt
            return []
        }
        return ["\(path): no element is as the document says, \(element.text), among \(JSONTree.array(list).text)"]
    }

    private mutating func compare(_ name: Substring, _ value: JSONTree, _ path: String) -> [String] {
        guard let saved = values[String(name)] else {
            values[String(name)] = value
            return []
        }
        return saved == value ? [] : ["\(path): $\(name) was \(saved.text) before, and is \(value.text) now"]
    }
}
