import Foundation
import SyncKit
import SyncStore
import SyncTesting
import Testing

/// Two servers have one database open, as while one takes the other's place.
@Suite struct TwoServersTests {
    private let file: SampleFile

    init() throws { file = try SampleFile() }

    @Test func bothWriteAndVersionsOfAUserGrowAcrossThem() throws {
        let stores = [try file.open(Sample()), try file.open(Sample())]
        let writers = (0..<8).map { writer in
            Background { try (0..<50).map { try stores[writer % 2].put("\(writer)-\($0)") } }
        }
        let versions = try writers.map { try $0.value() }
        for own in versions { #expect(own == own.sorted()) }
        #expect(Set(versions.joined()).count == 400)
        for store in stores { #expect(Set(try store.ids()).count == 400) }
    }

    @Test func whatOneHasAcknowledgedTheOtherReads() throws {
        let (one, other) = (try file.open(Sample()), try file.open(Sample()))
        for number in 0..<20 {
            try one.put("\(number)")
            #expect(try other.ids().last == "\(number)")
        }
    }

    @Test func oneEndsWhileTheOtherWrites() throws {
        let (one, other) = (try file.open(Sample()), try file.open(Sample()))
        let writer = Background { for number in 0..<200 { try other.put("\(number)") } }
        try one.put("last")
        try one.close()
        try writer.value()
        #expect(try other.ids().count == 201)
    }

    @Test(arguments: 0..<20) func bothMayStartAtTheSameTime(attempt: Int) throws {
        let file = file
        let starts = (0..<4).map { number in
            Background {
                let store = try file.open(Sample())
                try store.put("\(number)")
                try store.close()
            }
        }
        for start in starts { try start.value() }
        #expect(Set(try file.open(Sample()).ids()) == ["0", "1", "2", "3"])
    }

    @Test func theTablesOfOneThatRunsStayAsTheyAre() throws {
        let older = try file.open(Sample())
        try older.put("a")
        let newer = Migrated()
        #expect(try file.complaint(newer)?.contains("Its tables have to be changed, and another server has it open.") == true)
        try older.put("b")
        try older.close()
        #expect(try file.complaint(newer) == nil)
    }

    @Test func aHighWaterMarkIsNeverLowered() throws {
        let mark = { try Int64(String(contentsOfFile: file.path + "-highwater", encoding: .utf8).trimmingCharacters(in: .newlines)) ?? 0 }
        let other = try file.open(Sample())
        try file.open(Sample()).put("a")
        // As by a server that is further than this one.
        let far = sampleTime.milliseconds + 10_000_000
        try "\(far)\n".write(toFile: file.path + "-highwater", atomically: true, encoding: .utf8)
        try other.put("b")
        #expect(try mark() == far)
    }

    private struct Migrated: EntityHandler {
        let entity = Entity("samples", schemaVersion: 2)
        let fields: [Field] = [.string("title", .required), .integer("count"), .string("color", .required)]
        let migrations = [Migration(to: 2) { $0.set("color", to: "red") }]
    }
}
