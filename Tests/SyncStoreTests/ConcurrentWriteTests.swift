import Dispatch
import Glibc
import SyncStore
import SyncTesting
import Testing

/// Many threads before the one writer.
@Suite struct ConcurrentWriteTests {
    private let file: SampleFile

    init() throws { file = try SampleFile() }

    /// Keeps the writer busy until it is released, so that what comes meanwhile is committed together.
    private struct BusyWriter {
        private let gate = DispatchSemaphore(value: 0)
        private let write: Background<Int64>

        init(_ store: Store) {
            let hasBegun = DispatchSemaphore(value: 0)
            write = Background { [gate] in
                try store.writing { transaction in
                    hasBegun.signal()
                    _ = gate.wait(timeout: .now() + 10)
                    return try transaction.put("first")
                }
            }
            _ = hasBegun.wait(timeout: .now() + 10)
        }

        func release() throws {
            gate.signal()
            _ = try write.value()
        }
    }

    @Test func aBulkThatFailsWritesNothingAndHurtsNoOther() throws {
        let store = try file.open(Sample())
        let busy = BusyWriter(store)
        let writes = (0..<9).map { number in
            Background {
                try store.writing { transaction in
                    try transaction.put("\(number)")
                    if number % 3 == 0 { throw SampleError() }
                    try transaction.put("\(number) again")
                }
            }
        }
        // Time for them to queue up; if it is too short the bulks are only committed one by one.
        usleep(100_000)
        try busy.release()
        for (number, write) in writes.enumerated() {
            if number % 3 == 0 {
                #expect(throws: SampleError.self) { try write.value() }
            } else {
                try write.value()
            }
        }
        let expected = ["first"] + [1, 2, 4, 5, 7, 8].flatMap { ["\($0)", "\($0) again"] }
        #expect(Set(try store.ids()) == Set(expected))
        try store.close()
        #expect(Set(try file.open(Sample()).ids()) == Set(expected))
    }

    @Test func aBulkThatFailsLeavesWhatWasThereBefore() throws {
        let store = try file.open(Sample())
        let version = try store.put("kept")
        #expect(throws: SampleError.self) {
            try store.writing { transaction in
                try transaction.put("gone")
                throw SampleError()
            }
        }
        #expect(try store.ids() == ["kept"])
        #expect(try store.put("next") > version)
    }

    @Test func writesOfManyThreadsHaveDistinctIncreasingVersions() throws {
        let store = try file.open(Sample())
        let writers = (0..<8).map { writer in
            Background { try (0..<25).map { try store.put("\(writer)-\($0)") } }
        }
        let versions = try writers.map { try $0.value() }
        for own in versions { #expect(own == own.sorted()) }
        #expect(Set(versions.joined()).count == 200)
        #expect(Set(try store.ids()).count == 200)
    }

    @Test func usersDoNotSeeEachOther() throws {
        let store = try file.open(Sample())
        let writers = ["alice", "bob", "carol"].map { user in
            Background { for number in 0..<20 { try store.put("\(number)", for: user) } }
        }
        for writer in writers { try writer.value() }
        for user in ["alice", "bob", "carol"] { #expect(try store.ids(of: user) == (0..<20).map { "\($0)" }) }
        #expect(try store.ids(of: "dave") == [])
    }

    @Test func readersSeeABulkWholeOrNotAtAll() throws {
        let store = try file.open(Sample())
        let writer = Background {
            for number in 0..<50 { try store.writing { for part in 0..<4 { try $0.put("\(number)-\(part)") } } }
        }
        var count = 0
        while count < 200 {
            let now = try store.ids().count
            #expect(now % 4 == 0 && now >= count)
            count = now
            if writer.isFinished && count < 200 { break }
        }
        try writer.value()
        #expect(try store.ids().count == 200)
    }

    @Test func tooManyWaitingWritesAreRefusedAndTheOthersAreDone() throws {
        let store = try file.open(Sample(), options: Store.Options(maxWaitingWrites: 2))
        let busy = BusyWriter(store)
        let refusals = DispatchSemaphore(value: 0)
        let writes = (0..<10).map { number in
            Background {
                do {
                    try store.put("\(number)")
                    return true
                } catch StoreError.overloaded {
                    refusals.signal()
                    return false
                }
            }
        }
        for _ in 0..<8 { #expect(refusals.wait(timeout: .now() + 10) == .success) }
        try busy.release()
        #expect(try writes.filter { try $0.value() }.count == 2)
        #expect(try store.ids().count == 3)
        try store.put("later")
    }
}
