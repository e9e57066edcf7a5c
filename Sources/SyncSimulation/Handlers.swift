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

/// A handler as it may be dropped in: merged with a bound, normalised, with a rule over two fields and a unique rule over two.
struct Dropped: EntityHandler {
    let entity = Entity("dropped")
    let fields: [Field] = [
        .string("a", .required), .strings("tags", maxCount: 3), .integer("hi"), .integer("lo"), .choice("k1", of: ["x", "y"]),
        .choice("k2", of: ["x", "y"]),
    ]
    let uniqueRules = [UniqueRule("k1", "k2")]
    let conflicts = ConflictPolicy.merge(.lastWriteWins, ["tags": .union, "hi": .max, "lo": .min])
    let deletes = DeletePolicy.conflict

    func normalize(_ document: inout Document) {
        if let text = document.string("a") { document.set("a", to: text.lowercased()) }
    }

    /// "lo" and "hi" are not far from each other: two devices that move one of them each may break that.
    func validate(_ document: Document) throws(ValidationError) {
        guard let low = document.integer("lo"), let high = document.integer("hi"), abs(high - low) > 8000 else { return }
        throw ValidationError("hi", "'hi' and 'lo' are too far from each other.")
    }
}

/// The broken variant of ``Dropped``: fewer tags than the server takes.
struct Tightened: EntityHandler {
    let entity = Dropped().entity
    let fields: [Field] = Dropped().fields.map { $0.name == "tags" ? .strings("tags", maxCount: 1) : $0 }
    let conflicts = Dropped().conflicts

    func normalize(_ document: inout Document) { Dropped().normalize(&document) }
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
        Cautious(), Eager(), Latest(), Asked(), Kept(), Links(), Dropped(), Preferences(), Cache(),
    ]

    static let own: [any EntityHandler] = [Merged()] + others

    static let installed = installedHandlers
}
