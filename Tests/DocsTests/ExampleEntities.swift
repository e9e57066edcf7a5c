import SyncKit

// Policies and rules that none of the installed entities has.

struct Drafts: EntityHandler {
    let entity = Entity("drafts")
    let fields: [Field] = [.string("text", .required)]
    let conflicts = ConflictPolicy.manual
    let deletes = DeletePolicy.conflict
}

struct Places: EntityHandler {
    let entity = Entity("places")
    let fields: [Field] = [.string("name", .required), .integer("visits", default: 0)]
    let conflicts = ConflictPolicy.merge(.lastWriteWins, ["name": .serverWins, "visits": .clientWins])
}
