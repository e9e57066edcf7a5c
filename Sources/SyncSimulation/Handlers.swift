// Entities that no app has: between them they have every conflict policy, every field rule, every kind of unique rule and
// both delete policies. The handlers in Plugins/ are simulated beside them.

import Handlers
import SyncKit

private let notes: [Field] = [.string("a", .required), .string("b"), .integer("n"), .boolean("flag", default: false)]

struct Cautious: EntityHandler {
    let entity = Entity("cautious")
    let fields = notes
}

struct Eager: EntityHandler {
    let entity = Entity("eager")
    let fields = notes
    let conflicts = ConflictPolicy.clientWins
}

struct Latest: EntityHandler {
    let entity = Entity("latest")
    let fields = notes
    let conflicts = ConflictPolicy.lastWriteWins
}

struct Asked: EntityHandler {
    let entity = Entity("asked")
    let fields = notes
    let conflicts = ConflictPolicy.manual
    let deletes = DeletePolicy.conflict
}

struct Merged: EntityHandler {
    let entity = Entity("merged")
    let fields: [Field] = [
        .string("a", .required), .string("b"), .string("s"), .string("c"), .integer("hi"), .integer("lo"), .strings("tags"), .string("ask"),
    ]
    let conflicts = ConflictPolicy.merge(
        .lastWriteWins, ["s": .serverWins, "c": .clientWins, "hi": .max, "lo": .min, "tags": .union, "ask": .manual])
}

/// The broken variant of ``Merged``: two devices that edit different fields do not both have their way.
struct MergedAsAWhole: EntityHandler {
    let entity = Merged().entity
    let fields = Merged().fields
    let conflicts = ConflictPolicy.lastWriteWins
}

struct Kept: EntityHandler {
    let entity = Entity("kept")
    let fields = notes
    let conflicts = ConflictPolicy.merge(.clientWins)
    let deletes = DeletePolicy.conflict
}

/// Unique in a field, and normalised: the server stores something else than was sent.
struct Links: EntityHandler {
    let entity = Entity("links")
    let fields: [Field] = [.choice("url", .required, of: ["x", "y", "z"]), .string("label")]
    let uniqueRules = [UniqueRule("url")]
    let conflicts = ConflictPolicy.merge()

    func normalize(_ document: inout Document) {
        if let label = document.string("label") { document.set("label", to: Self.normalized(label)) }
    }

    static func normalized(_ label: String) -> String { label.lowercased() }
}

struct Preferences: EntityHandler {
    let entity = Entity("preferences")
    let fields = notes
    let uniqueRules = [UniqueRule.onePerUser()]
    let conflicts = ConflictPolicy.lastWriteWins
}

struct Cache: EntityHandler {
    let entity = Entity("cache")
    let fields = notes
    let uniqueRules = [UniqueRule.onePerUser(mergesCreates: true)]
    let conflicts = ConflictPolicy.merge()
}

enum SimulatedHandlers {
    /// All but ``Merged``.
    static let others: [any EntityHandler] = [
        Cautious(), Eager(), Latest(), Asked(), Kept(), Links(), Preferences(), Cache(),
    ]

    static let own: [any EntityHandler] = [Merged()] + others

    static let installed = installedHandlers
}
