import Foundation
import Synchronization

/// A file beside the database with a number that no version given out so far has exceeded.
///
/// A backup that is put back knows nothing of the versions given out since it was made. Were they given out again, a device
/// that has seen them would take other records for ones it has. The file stays when the database goes; `meelio-sync restore`
/// makes the restored database go on above it. It is written ahead and seldom: a number ten minutes in the future at a time.
final class HighWaterMark: Sendable {
    private static let step: Int64 = 600_000

    private let database: String
    private let covered: Mutex<Version>

    /// - Throws: ``StoreError/unusable(_:)`` if there is such a file that cannot be read.
    init(database: String) throws {
        self.database = database
        covered = Mutex(try Self.read(beside: database))
    }

    static func path(beside database: String) -> String { database + "-highwater" }

    /// The number in the file; zero if there is none.
    static func read(beside database: String) throws -> Version {
        let path = path(beside: database)
        guard FileManager.default.fileExists(atPath: path) else { return .zero }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let number = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else {
            throw StoreError.unusable(
                "The file '\(path)' does not hold a number. If it is lost, put the time in milliseconds since 1970 there.")
        }
        return Version(number)
    }

    /// Makes sure that the file's number is at least this version. Called in the version's transaction, before it
    /// is committed: so no other server can write the file at the same time.
    ///
    /// - Throws: ``StoreError/unavailable(_:)`` if the file cannot be written; ``StoreError/unusable(_:)`` if it cannot be read.
    func cover(_ version: Version) throws {
        try covered.withLock { covered in
            guard version > covered else { return }
            // Another server may have been further.
            let ahead = max(Version(version.value + Self.step), try Self.read(beside: database))
            try write(ahead)
            covered = ahead
        }
    }

    /// In one step, and on the disk when it returns: a half-written number would be worse than none.
    private func write(_ version: Version) throws {
        let path = Self.path(beside: database)
        let temporary = path + ".new"
        do {
            try Data("\(version.value)\n".utf8).write(to: URL(filePath: temporary))
            let file = try FileHandle(forWritingTo: URL(filePath: temporary))
            try file.synchronize()
            try file.close()
        } catch {
            throw StoreError.unavailable("The file '\(temporary)' cannot be written: \(error.localizedDescription)")
        }
        guard rename(temporary, path) == 0 else { throw StoreError.unavailable("The file '\(path)' cannot be replaced.") }
    }
}
