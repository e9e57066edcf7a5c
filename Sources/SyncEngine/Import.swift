import SyncStore

/// Why nothing was imported.
package struct ImportError: Error, Equatable {
    package let message: String
}

extension SyncEngine {
    /// Creates the records of a user who has none: all of them, by the rules of their handlers and the user's quota, or none.
    ///
    /// They are new records here, with versions and dates of their own. One transaction writes them, for which all other writes wait.
    ///
    /// - Returns: how many records the user has now.
    /// - Throws: ``ImportError`` if the user has records, or one of the creates is refused; ``StoreError`` if the database cannot write.
    package func importRecords(_ creates: [Operation], for account: Account) throws -> Int {
        let subject = account.user.subject
        let operations = PreparedOperation.prepare(creates, registry: registry, limits: limits)
        let request = SyncRequest()
        let seal = seal(account.user, nil)
        return try store.write(for: account.user, at: now) { [limits] transaction in
            guard transaction.usage.records == 0 else {
                throw ImportError(
                    message:
                        "'\(subject)' has \(transaction.usage.records) records here, and an import is for who has none. Delete them first.")
            }
            let view = try clientView(of: request, transaction, seal)
            var bulk = BulkWriter(limits: limits, quota: limits.quota(ofPlan: account.plan), view: view, maxOperations: .max)
            let results = try bulk.apply(operations, to: &transaction)
            let refused = results.filter { $0.conflict != nil }
            guard refused.isEmpty else { throw ImportError(refused) }
            return transaction.usage.records
        }
    }
}

extension ImportError {
    private static let shown = 5

    /// - Parameter refused: at least one.
    fileprivate init(_ refused: [OperationResult]) {
        let reasons = refused.prefix(Self.shown).map { result in
            "\(result.operation.entity) '\(result.id ?? "")': \(result.conflict?.message ?? "")"
        }
        let more = refused.count > Self.shown ? ["and \(refused.count - Self.shown) more."] : []
        message =
            "Nothing was imported, since the server refuses \(refused.count) of the records:\n  "
            + (reasons + more).joined(separator: "\n  ")
    }
}
