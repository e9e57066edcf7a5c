import Foundation
import SyncTesting

/// Compresses by gzip(1), so that nothing of ours is on both sides.
enum Gzip {
    static func compress(_ text: String) throws -> [UInt8] {
        try file { try Data(text.utf8).write(to: $0) }
    }

    /// The bytes of a file that `write` makes, compressed.
    static func file(_ write: (URL) throws -> Void) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let file = folder.path + "/body"
        try write(URL(filePath: file))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", file]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(filePath: file + ".gz")))
    }

    /// A file of zeros, which takes no room.
    static func write(zeros count: UInt64, to file: URL) throws {
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: count)
        try handle.close()
    }
}
