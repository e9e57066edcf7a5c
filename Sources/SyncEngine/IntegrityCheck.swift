package import SyncStore

/// What a device believes to have of each entity, at a position in its feed (docs/protocol, "Checking a device").
package struct CheckRequest: Sendable {
    package struct Claim: Sendable, Equatable {
        package let count: Int64
        /// The sum of its records' hashes, as 8 hexadecimal digits: see `RecordDigest`.
        package let digest: String

        package init(count: Int64, digest: String) {
            self.count = count
            self.digest = digest
        }
    }

    /// The `timestamp` of the device's last answer.
    package let position: Version
    package let claims: [String: Claim]

    package init(position: Version, claims: [String: Claim]) {
        self.position = position
        self.claims = claims
    }
}

package struct CheckAnswer: Sendable {
    package struct Finding: Sendable {
        package let entity: String
        package let count: Int
        package let digest: String
        package let matches: Bool
    }

    /// Whether the device's position is the user's head; if it is not, nothing can be compared, and it has to pull first.
    package let isUpToDate: Bool
    package let findings: [Finding]
    /// The first page of all records of the entities that do not match; empty if all do.
    package let page: Page

    /// The entities that do not match.
    package var mismatched: Set<String> { isUpToDate ? Set(findings.filter { !$0.matches }.map(\.entity)) : [] }
}

extension Usage {
    package var digestText: String {
        let text = String(digest, radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}
