/// One declared field of an entity: its name, what it may hold, and whether it must be there.
///
///     .string("title", .required, length: 1...500)
///     .choice("status", of: ["pending", "completed"], default: "pending")
///     .date("dueDate", .indexed)
public struct Field: Sendable {
    public enum Option: Sendable {
        /// A record without the field is rejected.
        case required
        /// The table has an index over (user, this field), for queries of your own: the server needs none, and every write of
        /// a record has to keep it.
        case indexed
    }

    public let name: String
    package let type: FieldType
    package let isRequired: Bool
    package let isIndexed: Bool
    /// What a record gets that lacks the field.
    package let defaultValue: JSONValue?

    private init(_ name: String, _ type: FieldType, _ options: [Option], default defaultValue: JSONValue? = nil) {
        self.name = name
        self.type = type
        isRequired = options.contains(.required)
        isIndexed = options.contains(.indexed)
        self.defaultValue = defaultValue
    }
}

extension Field {
    /// A short text; its length is counted in characters (Unicode scalars, as in JSON Schema).
    public static func string(
        _ name: String, _ options: Option..., length: ClosedRange<Int> = 0...10_000, default text: String? = nil
    ) -> Field {
        Field(name, .string(length: length), options, default: text.map(JSONValue.init(string:)))
    }

    /// A long text; its length is counted in bytes of UTF-8.
    public static func text(_ name: String, _ options: Option..., maxBytes: Int) -> Field {
        Field(name, .text(maxBytes: maxBytes), options)
    }

    /// One of a few words.
    public static func choice(_ name: String, _ options: Option..., of words: [String], default word: String? = nil) -> Field {
        Field(name, .choice(words), options, default: word.map(JSONValue.init(string:)))
    }

    public static func boolean(_ name: String, _ options: Option..., default flag: Bool? = nil) -> Field {
        Field(name, .boolean, options, default: flag.map(JSONValue.init(boolean:)))
    }

    public static func integer(
        _ name: String, _ options: Option..., in range: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991,
        default number: Int64? = nil
    ) -> Field {
        Field(name, .integer(range), options, default: number.map(JSONValue.init(integer:)))
    }

    public static func number(_ name: String, _ options: Option...) -> Field {
        Field(name, .number, options)
    }

    /// A moment, as an ISO-8601 string or as milliseconds since 1970; it is kept as it came.
    public static func date(_ name: String, _ options: Option...) -> Field {
        Field(name, .date, options)
    }

    public static func strings(_ name: String, _ options: Option..., maxCount: Int = 1000) -> Field {
        Field(name, .strings(maxCount: maxCount), options)
    }

    /// Any JSON object; its members are the client's affair.
    public static func object(_ name: String, _ options: Option...) -> Field {
        Field(name, .object, options)
    }
}
