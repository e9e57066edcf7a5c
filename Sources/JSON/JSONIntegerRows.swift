/// Small tables of whole numbers, `[[1,2],[-3,4]]`, as the database keeps them within a row.
package enum JSONIntegerRows {
    /// Calls `body` with each row of minified JSON.
    ///
    /// - Returns: whether all of it was such a table.
    package static func forEach(of json: UnsafeRawBufferPointer, _ body: ([Int64]) throws -> Void) rethrows -> Bool {
        var numbers: [Int64] = []
        var depth = 0
        var digits = 0
        var isNegative = false
        var value: Int64 = 0
        for byte in json {
            switch byte {
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (tenfold, overflows) = value.multipliedReportingOverflow(by: 10)
                let digit = Int64(byte - UInt8(ascii: "0"))
                let (next, overflowsToo) = isNegative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
                guard !overflows, !overflowsToo else { return false }
                value = next
                digits += 1
            case UInt8(ascii: ","), UInt8(ascii: "]"):
                if digits > 0 { numbers.append(value) }
                (digits, isNegative, value) = (0, false, 0)
                guard byte == UInt8(ascii: "]") else { break }
                if depth == 2 {
                    try body(numbers)
                    numbers.removeAll(keepingCapacity: true)
                }
                depth -= 1
            default: return false
            }
            guard (0...2).contains(depth) else { return false }
        }
        return depth == 0
    }
}
