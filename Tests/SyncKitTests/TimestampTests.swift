import Foundation
import SyncKit
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01", 0),
        ("2023-01-01T00:00:00.000Z", 1_672_531_200_000),
        ("2023-01-01T00:00:00Z", 1_672_531_200_000),
        ("2023-01-01T00:00", 1_672_531_200_000),
        ("2023-01-01 01:00:00+01:00", 1_672_531_200_000),
        ("2022-12-31T18:30:00-0530", 1_672_531_200_000),
        ("2023-01-01T01:00+01", 1_672_531_200_000),
        ("2023-01-01T00:00:00.1Z", 1_672_531_200_100),
        ("2023-01-01T00:00:00.12Z", 1_672_531_200_120),
        ("2023-01-01T00:00:00.123999999Z", 1_672_531_200_123),
        ("2000-02-29", 951_782_400_000),
        ("0000-01-01", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func parsesEveryFormOfADate(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text.utf8) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "2023", "2023-13-01", "2023-00-01", "2023-02-29", "1900-02-29", "2023-04-31", "2023-01-01T", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00.1234567890Z",
        "2023-01-01T00:00:00Zx", "2023-01-01T00:00:00+25:00", "2023-01-01T00:00:00+01:60", "now", "+002023-01-01", "２０２３-01-01",
        "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2023-01-01T00:00:00+", "2023-01-01T00:00:00+01:", "2023-1-1",
    ])
    func refusesWhatIsNoDate(text: String) {
        #expect(Timestamp(iso8601: text.utf8) == nil)
    }

    @Test func writingAndParsingAreInverse() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let milliseconds = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
            let timestamp = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(iso8601: timestamp.iso8601.utf8) == timestamp, "\(milliseconds)")
        }
    }

    @Test func writesAsFoundationDoes() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for milliseconds in stride(from: Int64(-2_000_000_000_000), to: 4_000_000_000_000, by: 12_345_678_912) {
            let date = Date(timeIntervalSince1970: Double(milliseconds / 1000))
            #expect(Timestamp(milliseconds: milliseconds / 1000 * 1000).iso8601 == date.formatted(style))
        }
    }

    @Test func whatIsOutOfRangeIsWrittenAsTheNearestDate() {
        #expect(Timestamp(milliseconds: .max).iso8601 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).iso8601 == "0000-01-01T00:00:00.000Z")
    }
}
