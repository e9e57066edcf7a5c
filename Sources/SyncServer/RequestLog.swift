import Logging
import SyncEngine
import SyncStore

/// Writes a line for each request that the operator wants to see.
package struct RequestLog: Sendable {
    /// Which requests get a line.
    package enum Choice: String, Sendable, CaseIterable {
        /// Those alone that failed by a fault of the server's own or of its machine: they have a reason that nobody else is told.
        case none
        /// Those with a status from 400 on.
        case failed
        case all
    }

    private let logger: Logger
    private let choice: Choice
    private let users: UserHash

    init(_ logger: Logger, _ choice: Choice, _ users: UserHash) {
        self.logger = logger
        self.choice = choice
        self.users = users
    }

    /// - Parameter detail: what went wrong in the server, if something did.
    func wants(status: Int, detail: String?) -> Bool {
        switch choice {
        case .none: detail != nil
        case .failed: status >= 400 || detail != nil
        case .all: true
        }
    }

    func write(status: Int, _ members: Logger.Metadata) {
        switch status {
        case 500...: logger.error("A request failed.", metadata: members)
        case 400...: logger.notice("A request was refused.", metadata: members)
        default: logger.info("A request was answered.", metadata: members)
        }
    }

    func name(of user: UserID) -> String { users.name(of: user) }
}
