import Foundation
import Glibc
import Logging
import SyncTesting
import Testing

@testable import Logs

@Suite struct LogTests {
    private let folder: TemporaryFolder
    private let path: String
    private let writer: LogWriter

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/test.log"
        writer = try LogWriter(path: path)
    }

    private func logger(_ format: LineHandler.Format) -> Logger {
        Logger(label: "test") { [writer] _ in LineHandler(format, to: writer) }
    }

    private func lines(of file: String? = nil) throws -> [Substring] {
        try String(contentsOfFile: file ?? path, encoding: .utf8).split(separator: "\n")
    }

    @Test func aJSONLineHasItsMembersWithTheirTypes() throws {
        logger(.json).warning("It is \"so\".", metadata: ["status": .stringConvertible(503), "counts": ["a": .stringConvertible(1)]])
        let line = try #require(try lines().first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["level"] as? String == "warning")
        #expect(object["message"] as? String == "It is \"so\".")
        #expect(object["status"] as? Int == 503)
        #expect((object["counts"] as? [String: Int]) == ["a": 1])
        let time = try #require(object["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test func aTextLineQuotesWhatIsNotOneWord() throws {
        logger(.text).info("Hello.", metadata: ["a": "word", "b": "two words", "c": ""])
        #expect(try lines().first?.hasSuffix(#" info Hello. a=word b="two words" c="""#) == true)
    }

    @Test(arguments: LineHandler.Format.allCases)
    func whatComesFromOutsideCannotBeginALine(_ format: LineHandler.Format) throws {
        let forged = "x\n2026-01-01T00:00:00.000Z error Forged.\r\u{2028}\u{85}\u{1B}[2K\u{202E}"
        logger(format).info("\(forged)", metadata: ["path": "\(forged)", "\(forged)": "1"])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.unicodeScalars.filter { $0.properties.generalCategory == .control } == ["\n"])
        #expect(!text.unicodeScalars.contains { [0x2028, 0x202E].contains($0.value) })
        #expect(text.hasSuffix("\n"))
    }

    @Test func aLongValueIsCut() throws {
        logger(.json).info("A.", metadata: ["path": "\(String(repeating: "ä", count: 100_000))"])
        #expect(try #require(try lines().first).utf8.count < 4096)
    }

    @Test func linesOfManyThreadsDoNotMix() throws {
        let logger = logger(.text)
        let text = String(repeating: "a", count: 1000)
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            for _ in 0..<100 { logger.info("\(text)", metadata: ["number": "\(number)"]) }
        }
        let lines = try lines()
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { $0.contains(" info \(text) number=") })
    }

    @Test func aRenamedFileIsLeftAndANewOneBegun() throws {
        let logger = logger(.text)
        logger.info("First.")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        try writer.reopen()
        logger.info("Second.")
        #expect(try lines(of: path + ".1").count == 1)
        #expect(try lines().first?.hasSuffix("Second.") == true)
    }

    @Test func theFileIsNotForEverybody() throws {
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(try #require(mode) & ~0o640 == 0)
    }

    @Test func aFileThatCannotBeOpenedIsNamed() {
        #expect(throws: LogFileError.self) { try LogWriter(path: "/nonexistent/x.log") }
    }

    @Test func aFullDiskLosesLinesAndNothingElse() throws {
        let full = try LogWriter(path: "/dev/full")
        Logger(label: "test") { _ in LineHandler(.text, to: full) }.info("Lost.")
    }

    @Test func aReaderThatDoesNotReadHoldsNobodyUpAndLearnsWhatItMissed() throws {
        let fifo = folder.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        let reader = open(fifo, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let writer = try LogWriter(path: fifo)
        let logger = Logger(label: "test") { _ in LineHandler(.text, to: writer) }
        // A pipe has room for 64 KiB.
        for _ in 0..<200 { logger.info("\(String(repeating: "b", count: 1000))") }
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        let taken = read(reader, &buffer, buffer.count)
        #expect(taken > 0 && buffer[taken - 1] == UInt8(ascii: "\n"))
        logger.info("There again.")
        let rest = read(reader, &buffer, buffer.count)
        let text = String(decoding: buffer[..<max(0, rest)], as: UTF8.self)
        #expect(text.contains("lines of the log were lost"))
        #expect(text.contains("There again."))
    }
}
