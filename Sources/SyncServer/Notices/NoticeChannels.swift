import SyncEngine
package import SyncStore

/// The names of the channels on which users hear of changes. Whoever knows a channel may listen, so nobody can guess one: a
/// user gets the name of theirs with the status.
package struct NoticeChannels: Sendable {
    private let hash: UserHash

    /// - Parameter secret: the database's; with another one all users have other channels.
    package init(secret: [UInt8]) { hash = UserHash(secret: secret, for: .notices) }

    /// The user's hash in base64url: 43 letters, digits, `-` and `_`.
    package func channel(of user: UserID) -> String { Base64URL.encode(hash.code(of: user)) }
}
