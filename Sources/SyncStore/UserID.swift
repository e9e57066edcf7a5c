/// Whose records these are: the subject of a verified token. Two subjects never meet.
package struct UserID: Sendable, Hashable {
    package let subject: String

    /// Nil if the subject is not 1 to 255 bytes long.
    package init?(_ subject: String) {
        guard (1...255).contains(subject.utf8.count) else { return nil }
        self.subject = subject
    }
}
