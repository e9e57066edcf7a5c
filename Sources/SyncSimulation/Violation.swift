/// What must hold in every history.
package enum Invariant: String, Sendable, CaseIterable {
    /// In the end all devices have what the server has.
    case convergence
    /// A device has every record whose version is at most its position.
    case noMissedChange
    /// What was acknowledged is there, until somebody who saw it changed it, or a conflict or `overwritten` names it.
    case noLostWrite
    /// An operation that was accepted and comes again changes nothing, and is answered as before.
    case replay
    /// What is deleted stays so, unless somebody who knows of it makes it anew.
    case noResurrection
    /// Versions are unique and increase, whatever the clock does.
    case versions
    /// Every page with more behind it brings something and goes on.
    case progress
    /// Nobody sees or changes another user's records.
    case isolation
    /// Every answer but 200 means that nothing was applied.
    case errorChangesNothing
    /// Whoever wrote and was told so finds it written.
    case readYourWrites
    /// No stored record fails its own schema.
    case validRecords
    /// Edits of different fields commute, equal edits never conflict, a single device never conflicts.
    case mergeLaws
}

/// An invariant that does not hold.
package struct Violation: Error, CustomStringConvertible {
    package let invariant: Invariant
    let message: String

    init(_ invariant: Invariant, _ message: String) {
        self.invariant = invariant
        self.message = message
    }

    package var description: String { "\(invariant): \(message)" }
}
