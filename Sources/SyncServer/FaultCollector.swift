import JSON
import SyncKit

/// Gathers what is wrong with a request's envelope, while the decoder goes on.
struct FaultCollector {
    /// More would help nobody (PROTOCOL section 7).
    static let maxFaults = 20
    static let dateForm = "an ISO-8601 date or a whole number of milliseconds since 1970"

    private var faults: [ValidationError.Fault] = []

    mutating func add(_ path: String, _ message: String) {
        if faults.count < Self.maxFaults { faults.append(ValidationError.Fault(path: path, message: message)) }
    }

    func throwIfAny() throws(RequestError) {
        guard let first = faults.first else { return }
        let message = faults.count == 1 ? "\(first.path): \(first.message)" : "The request has \(faults.count) faults."
        throw RequestError(.malformed, message, faults: faults)
    }

    /// The date that an element names, in any form of PROTOCOL section 1.
    mutating func date(_ element: JSONElement, _ path: String) -> Timestamp? {
        let date = Self.date(element)
        if date == nil { add(path, "'\(Self.name(path))' must be \(Self.dateForm).") }
        return date
    }

    static func date(_ element: JSONElement) -> Timestamp? {
        element.withUTF8 { Timestamp(iso8601: $0) } ?? element.integer.map(Timestamp.init(milliseconds:))
    }

    mutating func requiredText(_ element: JSONElement?, _ path: String) -> String? {
        guard let element else {
            add(path, "'\(Self.name(path))' is required and must be a string.")
            return nil
        }
        return text(element, path, maxBytes: 255)
    }

    mutating func text(_ element: JSONElement, _ path: String, maxBytes: Int) -> String? {
        guard let text = element.string, (1...maxBytes).contains(text.utf8.count) else {
            add(path, "'\(Self.name(path))' must be a string of 1 to \(maxBytes) bytes.")
            return nil
        }
        return text
    }

    private static func name(_ path: String) -> Substring {
        path.split(separator: ".").last ?? ""
    }
}
