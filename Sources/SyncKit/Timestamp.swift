// Dates are parsed and written here and not by Foundation's formatters, since every operation brings one and every
// version is written as two: an ISO8601DateFormatter takes microseconds and allocates, this takes nanoseconds.

/// A moment in milliseconds since 1970-01-01T00:00:00Z, without leap seconds, as in JavaScript.
public struct Timestamp: Sendable, Hashable, Comparable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The first and the last moment that an ISO-8601 date with a year of four digits can name.
    package static let range = Timestamp(milliseconds: -62_167_219_200_000)...Timestamp(milliseconds: 253_402_300_799_999)
}

extension Timestamp {
    /// Parses the dates of PROTOCOL section 1: `2023-01-01`, `2023-01-01T00:00Z`, `2023-01-01T01:00:00.123456789+01:00`.
    ///
    /// No offset means UTC; up to 9 fraction digits are cut to milliseconds. Nil for everything else, dates such as
    /// 30 February among it.
    package init?(iso8601 text: some Collection<UInt8>) {
        // One call for the whole text: a generic step for each of its bytes costs a fiftieth of a request.
        let parsed = text.withContiguousStorageIfAvailable(Self.parse) ?? Array(text).withUnsafeBufferPointer(Self.parse)
        guard let parsed else { return nil }
        self = parsed
    }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        var scanner = DateScanner(text)
        guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2, in: 1...12),
            scanner.skip("-"), let day = scanner.number(digits: 2, in: 1...days(in: month, of: year))
        else { return nil }
        var milliseconds = daysSince1970(year, month, day) * 86_400_000
        if !scanner.isAtEnd {
            guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let time = scanner.time(),
                let offset = scanner.offset(), scanner.isAtEnd
            else { return nil }
            milliseconds += time - offset
        }
        let timestamp = Timestamp(milliseconds: Int64(milliseconds))
        return range.contains(timestamp) ? timestamp : nil
    }

    /// Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms",
    /// days_from_civil, for years from 0).
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func days(in month: Int, of year: Int) -> Int {
        if month == 2 {
            return year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}

extension Timestamp {
    /// Appends the 24 bytes `2026-11-23T10:00:00.123Z`; a moment outside of ``range`` is written as the nearest inside.
    package func write(to bytes: inout [UInt8]) {
        let clamped = min(max(self, Self.range.lowerBound), Self.range.upperBound).milliseconds
        let days = Int(clamped >= 0 ? clamped / 86_400_000 : (clamped - 86_399_999) / 86_400_000)
        let time = Int(clamped) - days * 86_400_000
        let (year, month, day) = Self.date(daysSince1970: days)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
            Self.write(year, to: text, 0..<4, then: "-")
            Self.write(month, to: text, 5..<7, then: "-")
            Self.write(day, to: text, 8..<10, then: "T")
            Self.write(time / 3_600_000, to: text, 11..<13, then: ":")
            Self.write(time / 60_000 % 60, to: text, 14..<16, then: ":")
            Self.write(time / 1000 % 60, to: text, 17..<19, then: ".")
            Self.write(time % 1000, to: text, 20..<23, then: "Z")
            bytes.append(contentsOf: text)
        }
    }

    /// The moment as `2026-11-23T10:00:00.123Z`.
    public var iso8601: String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The inverse of `daysSince1970` (Hinnant's civil_from_days).
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func write(
        _ number: Int, to text: UnsafeMutableBufferPointer<UInt8>, _ places: Range<Int>, then separator: Unicode.Scalar
    ) {
        var rest = number
        for place in places.reversed() {
            text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[places.upperBound] = UInt8(ascii: separator)
    }
}

/// Reads the parts of an ISO-8601 date from left to right.
private struct DateScanner {
    private var rest: Slice<UnsafeBufferPointer<UInt8>>

    init(_ text: UnsafeBufferPointer<UInt8>) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func number(digits: Int, in range: ClosedRange<Int> = 0...9999) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = nextDigit() else { return nil }
            value = value * 10 + digit
        }
        return range.contains(value) ? value : nil
    }

    /// The milliseconds of `10:00`, `10:00:00` or `10:00:00.123456`.
    mutating func time() -> Int? {
        guard let hour = number(digits: 2, in: 0...23), skip(":"), let minute = number(digits: 2, in: 0...59) else { return nil }
        var milliseconds = (hour * 60 + minute) * 60_000
        guard skip(":") else { return milliseconds }
        guard let second = number(digits: 2, in: 0...59) else { return nil }
        milliseconds += second * 1000
        guard skip(".") || skip(",") else { return milliseconds }
        return fraction().map { milliseconds + $0 }
    }

    /// The milliseconds of 1 to 9 fraction digits.
    private mutating func fraction() -> Int? {
        var value = 0
        var count = 0
        while let digit = nextDigit() {
            if count < 3 { value = value * 10 + digit }
            count += 1
        }
        guard (1...9).contains(count) else { return nil }
        return count == 1 ? value * 100 : count == 2 ? value * 10 : value
    }

    /// The milliseconds that local time is ahead of UTC: `Z`, `+01:00`, `-0530`, `+01`, or nothing.
    mutating func offset() -> Int? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let isNegative = skip("-")
        guard isNegative || skip("+"), let hours = number(digits: 2, in: 0...23) else { return nil }
        let hasMinutes = skip(":") || !isAtEnd
        guard let minutes = hasMinutes ? number(digits: 2, in: 0...59) : 0 else { return nil }
        return (hours * 60 + minutes) * (isNegative ? -60_000 : 60_000)
    }

    private mutating func nextDigit() -> Int? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest = rest.dropFirst()
        return Int(byte - UInt8(ascii: "0"))
    }
}
