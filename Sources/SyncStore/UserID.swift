import SyncKit

/// Whose records these are: the subject of a verified token. Two subjects never meet.
///
/// They are compared byte by byte, as the database does. To Swift two strings are equal if they look alike: `é` can be written
/// in two ways, and they may be two people's.
package struct UserID: Sendable, Hashable {
    package let subject: String

    /// Nil if the subject is not 1 to 255 bytes long, or has a NUL byte: SQLite does not say how it compares such texts
    /// (https://www.sqlite.org/nulinstr.html).
    package init?(_ subject: String) {
        guard (1...255).contains(subject.utf8.count), !subject.utf8.contains(0) else { return nil }
        self.subject = subject
    }

    package static func == (left: UserID, right: UserID) -> Bool { left.subject.isIdentical(to: right.subject) }

    package func hash(into hasher: inout Hasher) {
        var subject = subject
        subject.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
