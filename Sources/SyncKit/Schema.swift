import JSON

/// A handler's fields, ready for checking records.
///
/// A class, since every operation holds it, and a copy of what it holds would cost more than many an operation.
package final class Schema: Sendable {
    /// The members of every record that belong to the server; what a client sends under these names is ignored.
    package static let serverMembers: Set<String> = ["id", "version", "createdAt", "updatedAt", "deletedAt", "userId"]

    package let handler: any EntityHandler
    package let entity: Entity
    package let conflicts: ConflictPolicy
    package let deletes: DeletePolicy
    /// In the handler's order.
    private let fields: [Field]
    private let fieldsByName: [String: Field]

    package init(_ handler: any EntityHandler) {
        self.handler = handler
        entity = handler.entity
        conflicts = handler.conflicts
        deletes = handler.deletes
        fields = handler.fields
        fieldsByName = Dictionary(fields.map { ($0.name, $0) }) { first, _ in first }
    }

    /// What of `data` belongs to the record: neither the server's members nor the client's own bookkeeping (`_...`).
    ///
    /// - Parameter changed: the names that the client edited, if it sends whole records and names them.
    package static func content(of data: Document, changed: Set<ExactText>? = nil) -> Document {
        var content = data
        content.removeMembers { name in
            serverMembers.contains(name) || name.utf8.first == UInt8(ascii: "_") || changed.map { !$0.contains(ExactText(name)) } ?? false
        }
        return content
    }

    /// The faults of what a client sends, be it a whole record or a patch: wrong types, values out of range, members
    /// that a strict handler does not know. What is missing is not looked at.
    package func faults(in content: Document) -> [ValidationError.Fault] {
        var faults: [ValidationError.Fault] = []
        content.forEach { name, value in
            if let message = message(about: value, of: name) {
                faults.append(ValidationError.Fault(path: "data.\(name)", message: message))
            }
        }
        return faults
    }

    private func message(about value: JSONValue, of name: String) -> String? {
        guard let field = fieldsByName[name] else {
            return handler.unknownMembers == .reject ? "'\(name)' is not a field of \(entity.name)." : nil
        }
        guard value.kind != .null else {
            return field.isRequired && field.defaultValue == nil ? "'\(name)' is required and cannot be cleared." : nil
        }
        return field.type.fault(of: value).map { "'\(name)' \($0)." }
    }

    /// The record as it is to be stored: defaults filled in, normalised, and checked as a whole.
    ///
    /// - Parameter isChecked: whether each member of `content` has passed ``faults(in:)`` already. Merged content has not: a
    ///   union of two valid lists may be too long.
    /// - Throws: the required fields that are missing, the faults of content that is not checked or that the handler's `normalize`
    ///   has changed, or what its `validate` says.
    package func completed(_ content: Document, isChecked: Bool = true) throws(ValidationError) -> Document {
        var record = content
        var missing: [ValidationError.Fault] = []
        for field in fields where !record.contains(field.name) {
            if let value = field.defaultValue {
                record.set(field.name, to: value)
            } else if field.isRequired {
                missing.append(ValidationError.Fault(path: "data.\(field.name)", message: "'\(field.name)' is required."))
            }
        }
        guard missing.isEmpty else { throw ValidationError(faults: missing) }
        let complete = record
        handler.normalize(&record)
        if !isChecked || !record.hasSameBytes(as: complete) {
            let faults = faults(in: record)
            guard faults.isEmpty else { throw ValidationError(faults: faults) }
            for field in fields where field.isRequired && !record.contains(field.name) {
                throw ValidationError(field.name, "'\(field.name)' is required.")
            }
        }
        try handler.validate(record)
        return record
    }
}
