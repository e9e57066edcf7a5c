import Foundation
import JSON

/// The JSON layer, against Foundation's parser and against itself.
final class JSONTarget: FuzzTarget {
    private let parser = JSONParser()

    func run(_ input: [UInt8]) {
        // What the database's own JSON goes through, which is never anything else there.
        _ = JSONMembers(minified: input)
        _ = strings(in: input[...])
        _ = input.withUnsafeBytes { JSONIntegerRows.forEach(of: $0) { _ in } }
        _ = JSONString.decode(escaped: input)
        // Foundation drops byte order marks, and those within a text with them.
        guard input.firstRange(of: [0xEF, 0xBB, 0xBF]) == nil else { return }
        let theirs = try? JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed)
        do {
            let minified = try parser.parse(input) { root in
                if let theirs { compare(root, theirs) } else { check(mayBeOursAlone(input), "Foundation refuses what we accept.") }
                look(at: root)
                return root.minified
            }
            checkStability(minified)
        } catch {
            check(theirs == nil || mayBeTheirsAlone(input, "\(error)"), "We refuse what Foundation accepts: \(error)")
        }
    }

    /// What the mending makes valid: half a surrogate pair, and whole numbers of any length.
    private func mayBeOursAlone(_ input: [UInt8]) -> Bool {
        let text = String(decoding: input, as: UTF8.self).lowercased()
        return text.contains("\\ud") || text.contains(/\d{16}/) || text.contains(/\de/)
    }

    /// Texts in UTF-16 and UTF-32, deeper ones, a comma before the end, and numbers beyond what a double holds.
    private func mayBeTheirsAlone(_ input: [UInt8], _ complaint: String) -> Bool {
        input.contains(0) || input.starts(with: [0xFE, 0xFF]) || input.starts(with: [0xFF, 0xFE]) || complaint.contains("too deep")
            || complaint.contains("number") || String(decoding: input, as: UTF8.self).contains(/,\s*[\]}]/)
    }

    private func compare(_ ours: JSONElement, _ theirs: Any) {
        switch ours.kind {
        case .null: check(theirs is NSNull, "null is \(theirs).")
        case .boolean: check((theirs as? Bool).map { $0 ? "true" : "false" } == text(ours), "\(text(ours)) is \(theirs).")
        case .integer: check((theirs as? NSNumber)?.int64Value == ours.integer, "\(text(ours)) is \(theirs).")
        case .unsigned, .double: check(isClose((theirs as? NSNumber)?.doubleValue, Double(text(ours))), "\(text(ours)) is \(theirs).")
        case .string: check((theirs as? String).map { Array($0.utf8) } == ours.string.map { Array($0.utf8) }, "\(text(ours)) is \(theirs).")
        case .array: compareArrays(ours, theirs as? [Any] ?? [])
        case .object: compareObjects(ours, theirs as? [String: Any] ?? [:])
        }
    }

    /// Foundation keeps some fractions as decimals, whose last digit may be another.
    private func isClose(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return false }
        return left == right || abs(left - right) <= abs(right) * 1e-15
    }

    private func text(_ element: JSONElement) -> String { String(decoding: element.minified, as: UTF8.self) }

    private func compareArrays(_ ours: JSONElement, _ theirs: [Any]) {
        check(ours.count == theirs.count, "An array has \(ours.count ?? -1) elements, and \(theirs.count).")
        _ = ours.forEachElement { index, element in compare(element, theirs[index]) }
    }

    private func compareObjects(_ ours: JSONElement, _ theirs: [String: Any]) {
        var names: Set<String> = []
        ours.forEachMember { name, _ in names.insert(name) }
        // Of members with one name Foundation may take another than we do.
        guard names.count == ours.count else { return }
        check(names == Set(theirs.keys), "An object has the members \(names), and \(theirs.keys).")
        ours.forEachMember { name, value in theirs[name].map { compare(value, $0) } }
    }

    private func look(at element: JSONElement) {
        check(element.depth <= 256, "The depth is \(element.depth).")
        check(equal(element.minified[...], element.minified[...]), "A value is not equal to itself.")
        guard let members = element.members() else { return }
        check(JSONMembers(minified: element.minified)?.members == members.members, "The members lie elsewhere.")
    }

    /// What is minified stays as it is, and is written as our writer would.
    private func checkStability(_ minified: [UInt8]) {
        do {
            try parser.parse(minified) { root in
                check(root.minified == minified, "Minified twice it is another text.")
                guard let string = root.string else { return }
                var written: [UInt8] = []
                JSONWriter.string(string, to: &written)
                check(written == minified, "The writer writes another text.")
            }
        } catch {
            check(false, "What was minified is refused: \(error)")
        }
    }
}
