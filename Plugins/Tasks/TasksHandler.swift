public import SyncKit

/// Things to do.
public struct Tasks: EntityHandler {
    public let entity = Entity("tasks")

    public let fields: [Field] = [
        .string("title", .required, length: 1...500),
        .string("description"),
        .string("category", length: 0...200),
        .boolean("isFocus", default: false),
        .choice("status", of: ["pending", "in_progress", "completed", "archived"], default: "pending"),
        .date("dueDate"),
    ]

    /// Two devices that edit different fields of a task both have their way.
    public let conflicts = ConflictPolicy.merge()

    public init() {}
}
