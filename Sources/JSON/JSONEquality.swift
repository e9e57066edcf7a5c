/// Whether two minified values mean the same: the order of an object's members and the spelling of a number do not count.
/// False for anything but minified JSON. A whole number is compared with another by its digits, and with a double as a double.
package func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard let kind = JSONKind(of: left), let other = JSONKind(of: right) else { return false }
    switch (kind, other) {
    case (.string, .string):
        // By bytes, in the one form that all of our strings have: Swift's == would take "é" and "e\u{301}" for equal.
        return left == right
    case (.array, .array): return equalArrays(left, right)
    case (.object, .object): return equalObjects(left, right)
    case (.integer, .integer), (.unsigned, .unsigned), (.null, .null), (.boolean, .boolean): return left == right
    case (.integer, .double), (.double, .integer), (.unsigned, .double), (.double, .unsigned), (.double, .double):
        guard let left = Double(String(decoding: left, as: UTF8.self)) else { return false }
        return left == Double(String(decoding: right, as: UTF8.self))
    default: return false
    }
}

private func equalArrays(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard let left = elements(of: left), let right = elements(of: right) else { return false }
    return left.count == right.count && zip(left, right).allSatisfy { equal($0, $1) }
}

private func equalObjects(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard let left = members(of: left), let right = members(of: right), left.count == right.count else { return false }
    return left.allSatisfy { name, value in right[name].map { equal(value, $0) } ?? false }
}

/// The elements of a minified array; nil for anything else.
package func elements(of array: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
    array.withUnsafeBufferPointer { JSONMembers.elements(in: $0) }?.map { element in
        array[array.startIndex + element.place.lowerBound..<array.startIndex + element.place.upperBound]
    }
}

private func members(of object: ArraySlice<UInt8>) -> [ArraySlice<UInt8>: ArraySlice<UInt8>]? {
    guard let members = object.withUnsafeBufferPointer({ JSONMembers.members(in: $0, from: 0) }) else { return nil }
    let slice = { (range: Range<Int>) in object[object.startIndex + range.lowerBound..<object.startIndex + range.upperBound] }
    // Of two members with one name the last one counts, as in JavaScript's JSON.parse.
    return Dictionary(members.map { (slice($0.name), slice($0.value)) }) { $1 }
}

/// The strings of a minified array that holds nothing else; nil for anything else.
package func strings(in array: ArraySlice<UInt8>) -> [String]? {
    guard let elements = elements(of: array) else { return nil }
    var strings: [String] = []
    strings.reserveCapacity(elements.count)
    for element in elements {
        guard element.first == UInt8(ascii: "\"") else { return nil }
        strings.append(JSONString.decode(escaped: element.dropFirst().dropLast()))
    }
    return strings
}
