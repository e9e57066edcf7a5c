import Foundation
import SyncKit

/// The parser of dates, against a slow one that is nothing but the grammar of the protocol.
final class DateTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        let ours = Timestamp(iso8601: input)
        let theirs = SlowDate.parse(String(decoding: input, as: UTF8.self))
        check(ours?.milliseconds == theirs, "It is \(ours?.milliseconds as Any), and should be \(theirs as Any).")
        if let ours { check(Timestamp(iso8601: ours.iso8601.utf8) == ours, "\(ours.iso8601) is another date.") }
        var reader = InputReader(input)
        let any = Timestamp(milliseconds: reader.integer())
        if Timestamp.range.contains(any) { check(Timestamp(iso8601: any.iso8601.utf8) == any, "\(any.iso8601) is another date.") }
        check(any.iso8601.utf8.count == 24, "\(any.iso8601) is no date.")
    }
}

private enum SlowDate {
    /// Unchecked: libFuzzer runs one input after the other.
    nonisolated(unsafe) private static let form =
        /([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?/
        .matchingSemantics(.unicodeScalar)

    /// Milliseconds since 1970; nil for what is no date.
    static func parse(_ text: String) -> Int64? {
        guard let parts = text.wholeMatch(of: form)?.output else { return nil }
        let (hour, minute, second) = (number(parts.4), number(parts.5), number(parts.6))
        let (offsetHours, offsetMinutes) = (number(parts.9), number(parts.10))
        guard hour < 24, minute < 60, second < 60, offsetHours < 24, offsetMinutes < 60 else { return nil }
        guard let day = day(number(parts.1), number(parts.2), number(parts.3)) else { return nil }
        let fraction = number(parts.7.map { ($0 + "00").prefix(3) })
        let offset = (offsetHours * 60 + offsetMinutes) * (parts.8 == "-" ? -60 : 60)
        let milliseconds = Int64(day + (hour * 60 + minute) * 60 + second - offset) * 1000 + Int64(fraction)
        return Timestamp.range.contains(Timestamp(milliseconds: milliseconds)) ? milliseconds : nil
    }

    private static func number(_ digits: Substring?) -> Int { digits.flatMap { Int($0) } ?? 0 }

    /// Seconds from 1970 to the day's beginning, by the C library.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1...12).contains(month) else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1900), Int32(month - 1), Int32(day))
        let seconds = timegm(&parts)
        // The C library makes the 1st of March of the 30th of February.
        return parts.tm_mday == Int32(day) && parts.tm_mon == Int32(month - 1) ? seconds : nil
    }
}
