import GRDB

/// Why the database did not do what it was asked to. Nothing of the request was written then.
package enum StoreError: Error, Equatable {
    /// More requests wait for the writer than it can serve soon.
    case overloaded
    /// The disk is full or fails, or another process holds the database: it may work again later.
    case unavailable(String)
    /// The database does not fit this server; the start ends with this sentence.
    case unusable(String)

    /// - Parameter problem: what cannot be done, with the file: `The database '…' cannot be opened`.
    static func unusable(_ problem: String, _ error: DatabaseError) -> Self {
        .unusable("\(problem): \(error.message ?? "SQLite error") (\(error.extendedResultCode)).")
    }

    /// What an SQLite error means for a request, by its code (https://www.sqlite.org/rescode.html).
    init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .unavailable("The database's disk is full.")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .unavailable("The database is locked by another process.")
        default: self = .unavailable("SQLite reports: \(error.extendedResultCode) \(error.message ?? "").")
        }
    }
}
