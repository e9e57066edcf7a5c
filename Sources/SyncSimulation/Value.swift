import JSON
import SyncKit

/// A JSON value as a device holds it: plain data, so that the simulation compares with nothing of the server's.
enum Value: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(_ element: JSONElement) {
        switch element.kind {
        case .null: self = .null
        case .boolean: self = .boolean(element.minified.first == UInt8(ascii: "t"))
        case .string: self = .string(element.string ?? "")
        case .array:
            var values: [Value] = []
            _ = element.forEachElement { values.append(Value($1)) }
            self = .array(values)
        case .object:
            var members: [String: Value] = [:]
            element.forEachMember { members[$0] = Value($1) }
            self = .object(members)
        case .integer, .unsigned, .double:
            self = element.integer.map(Value.integer) ?? .number(Double(String(decoding: element.minified, as: UTF8.self)) ?? 0)
        }
    }

    subscript(name: String) -> Value { members[name] ?? .null }

    var members: [String: Value] { if case .object(let members) = self { members } else { [:] } }
    var elements: [Value] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    var isTrue: Bool { self == .boolean(true) }

    /// The milliseconds of a date in either form.
    var moment: Int64? { integer ?? date }

    /// The milliseconds of an ISO-8601 string.
    var date: Int64? { string.flatMap { Timestamp(iso8601: $0.utf8)?.milliseconds } }
}

extension Value {
    /// The first string, however deep, that fulfils the condition.
    func firstText(where isWanted: (String) -> Bool) -> String? {
        switch self {
        case .string(let text): return isWanted(text) ? text : nil
        case .array(let values): return values.compactMap { $0.firstText(where: isWanted) }.first
        case .object(let members): return members.values.compactMap { $0.firstText(where: isWanted) }.first
        default: return nil
        }
    }
}

extension String {
    /// Whether it says whose it is: see ``EditMaker``. A handler may have changed its case.
    var isMark: Bool { hasPrefix("Of ") || hasPrefix("of ") }
}

extension Value: CustomStringConvertible {
    /// The value as JSON; the members are sorted, so that a history is the same text at every run.
    var description: String {
        var json: [UInt8] = []
        write(to: &json)
        return String(decoding: json, as: UTF8.self)
    }

    func write(to json: inout [UInt8]) {
        switch self {
        case .null: json += "null".utf8
        case .boolean(let flag): json += (flag ? "true" : "false").utf8
        case .integer(let number): JSONWriter.integer(number, to: &json)
        case .number(let number): json += "\(number)".utf8
        case .string(let text): JSONWriter.string(text, to: &json)
        case .array(let values):
            json.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                value.write(to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .object(let members):
            json.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                JSONWriter.string(member.key, to: &json)
                json.append(UInt8(ascii: ":"))
                member.value.write(to: &json)
            }
            json.append(UInt8(ascii: "}"))
        }
    }
}
