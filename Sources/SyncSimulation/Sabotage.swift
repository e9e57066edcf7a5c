// Deliberately broken variants. Each stands between the devices and the real server and breaks one promise, to show that
// the simulation would notice if the server broke it.

package enum Sabotage: String, Sendable, CaseIterable {
    /// A device keeps what a reset did not bring.
    case keepsWhatIsGone
    /// One change of a page is left out.
    case dropsAChange
    /// An edit claims to have seen everything, so that it replaces what its device never saw.
    case forgesTheBase
    /// Every request carries its operations under new names, so that a replay is carried out again.
    case renamesOperations
    /// A create claims to know of the tombstone it meets.
    case revivesTheDead
    /// A result names the version before its own.
    case repeatsAVersion
    /// A page says that there is more, and brings nothing.
    case standsStill
    /// A page brings another user's record.
    case leaks
    /// What was carried out is answered with 503.
    case deniesWhatItDid
    /// An operation is acknowledged and never carried out.
    case forgetsAWrite
    /// Two devices' edits of different fields are taken for edits of the record.
    case mergesAsAWhole
    /// An edit equal to another one arrives as a different one.
    case bendsEqualEdits
    /// Each request of a device seems to come from another one.
    case splitsADevice
    /// A handler accepts less than its server does.
    case tightensASchema

    package var broken: Invariant {
        switch self {
        case .keepsWhatIsGone: .convergence
        case .dropsAChange: .noMissedChange
        case .forgesTheBase: .noLostWrite
        case .renamesOperations: .replay
        case .revivesTheDead: .noResurrection
        case .repeatsAVersion: .versions
        case .standsStill: .progress
        case .leaks: .isolation
        case .deniesWhatItDid: .errorChangesNothing
        case .forgetsAWrite: .readYourWrites
        case .mergesAsAWhole, .bendsEqualEdits, .splitsADevice: .mergeLaws
        case .tightensASchema: .validRecords
        }
    }
}
