import ArgumentParser
import SyncStore

/// A user who is named on the command line, by the token's subject.
extension UserID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension ArgumentHelp {
    /// The rule that ``UserID`` checks.
    static let subject: ArgumentHelp = "The user: the token's subject, 1 to 255 bytes."
}
