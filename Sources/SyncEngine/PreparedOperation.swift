import SyncKit

/// An operation with all that can be said of it before the database is asked: done by the request's own thread, so that the
/// one writer has less to do.
final class PreparedOperation: Sendable {
    let operation: Operation
    let identity: OperationIdentity
    /// What of its data belongs to the record.
    let content: Document
    /// Nil if nobody serves the entity.
    let schema: Schema?
    /// What is wrong with it by itself, whatever the record.
    let faults: [ValidationError.Fault]
    /// `data.id`
    let namedID: String?

    /// The record that it is about, if it is not merged into another.
    var ownID: String { namedID ?? identity.recordID }

    private init(
        _ operation: Operation, _ identity: OperationIdentity, content: Document, _ schema: Schema?, faults: [ValidationError.Fault]
    ) {
        self.operation = operation
        self.identity = identity
        self.content = content
        self.schema = schema
        self.faults = faults
        namedID = operation.data.string("id")
    }

    /// Prepares a request's operations. One without an `opId` is told from equal ones by its place among them.
    static func prepare(_ operations: [Operation], registry: Registry, limits: Limits) -> [PreparedOperation] {
        var counts: [OperationIdentity: Int] = [:]
        return operations.map { operation in
            let content = operation.kind == .delete ? Document() : Schema.content(of: operation.data, changed: operation.changed)
            var identity = OperationIdentity(operation, content: content)
            if operation.opID == nil {
                let ordinal = counts[identity, default: 0]
                counts[identity] = ordinal + 1
                if ordinal > 0 { identity = OperationIdentity(operation, content: content, ordinal: ordinal) }
            }
            let schema = registry.schema(for: operation.entity)
            return PreparedOperation(
                operation, identity, content: content, schema, faults: schema.map { faults(of: operation, content, $0, limits) } ?? [])
        }
    }

    private static func faults(
        of operation: Operation, _ content: Document, _ schema: Schema, _ limits: Limits
    ) -> [ValidationError.Fault] {
        if !operation.faults.isEmpty { return operation.faults }
        if let fault = RecordID.fault(in: operation) { return [fault] }
        return schema.faults(ofSent: content, nesting: operation.nesting, limits)
    }
}

extension Schema {
    /// The faults of content that a client sends, in an operation or to settle a conflict.
    ///
    /// - Parameter nesting: how deep it is nested; a flat object is 1.
    func faults(ofSent content: Document, nesting: Int, _ limits: Limits) -> [ValidationError.Fault] {
        guard nesting <= limits.maxNesting else {
            return [ValidationError.Fault(path: "data", message: "The data is nested deeper than \(limits.maxNesting) levels.")]
        }
        return faults(in: content)
    }
}
