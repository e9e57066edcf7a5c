import Foundation
import SyncKit

/// What a table was made for, kept in the database as JSON.
struct Declaration: Codable, Equatable {
    struct Field: Codable, Equatable {
        let type: FieldType
        let isRequired: Bool
        let hasDefault: Bool
    }

    let fields: [String: Field]
    let uniqueRules: Set<[String]>
    let keepsUnknownMembers: Bool

    init(_ schema: Schema) {
        fields = Dictionary(
            uniqueKeysWithValues: schema.handler.fields.map { field in
                (field.name, Field(type: field.type, isRequired: field.isRequired, hasDefault: field.defaultValue != nil))
            })
        uniqueRules = Set(schema.handler.uniqueRules.map(\.fields))
        keepsUnknownMembers = schema.handler.unknownMembers == .keep
    }

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }

    /// Why records that were valid under `stored` may not be so any more; nil if they all are.
    func difference(from stored: Declaration) -> String? {
        for (name, old) in stored.fields.sorted(by: { $0.key < $1.key }) {
            guard let field = fields[name] else {
                return "the table has a field '\(name)' that the handler does not declare any more. Declare it again, or write a migration."
            }
            guard field.type.accepts(allOf: old.type) else {
                return
                    "the handler declares '\(name)' as \(field.type), and the table was made for \(old.type). Put the old declaration back, or write a migration."
            }
            if field.isRequired && !field.hasDefault && !(old.isRequired || old.hasDefault) {
                return
                    "'\(name)' is required now, and stored records may lack it. Make it optional, give it a default, or write a migration."
            }
        }
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) where stored.fields[name] == nil {
            if field.isRequired && !field.hasDefault {
                return
                    "the new field '\(name)' is required, and stored records lack it. Make it optional, give it a default, or write a migration."
            }
        }
        if let rule = uniqueRules.subtracting(stored.uniqueRules).first {
            return
                "the rule that \(rule.joined(separator: ", ")) be unique is new, and stored records may break it. Take it back, or write a migration."
        }
        return stored.keepsUnknownMembers && !keepsUnknownMembers
            ? "the handler rejects unknown members now, and stored records may have some. Keep them, or write a migration." : nil
    }
}
