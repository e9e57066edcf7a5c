import Foundation
import Glibc

/// A lock beside the database that each server holds which has it open, so that two may overlap, as while one takes the other's
/// place, and none changes the tables under the other.
///
/// SQLite's own locks do not tell whether anybody has the database open (https://www.sqlite.org/lockingv3.html). The system gives
/// this one back when the process ends, however that is (flock(2)); the file stays.
final class DatabaseLock: Sendable {
    private let descriptor: Int32
    /// Whether no other server has the database open; until ``share()``.
    let isAlone: Bool

    /// Waits for another that is just starting.
    ///
    /// - Throws: ``LockError`` if the file cannot be made.
    init(database: String) throws {
        let path = database + "-lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            let cause = String(cString: strerror(errno))
            throw LockError(message: "The database '\(database)' cannot be opened: its lock '\(path)' cannot be made: \(cause).")
        }
        isAlone = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        if !isAlone { share() }
    }

    /// Lets others open the database, too.
    func share() {
        while flock(descriptor, LOCK_SH) != 0, errno == EINTR {}
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}

struct LockError: Error {
    let message: String
}
