import Crypto
import Foundation
import SyncKit
import SyncServer
import SyncTesting

/// What all histories share, made once: the realms, and a key for tokens.
final class World: Sendable {
    /// Where the databases of the histories lie.
    let folder: String
    let realms: [Realm]
    private let key = SigningKey(SymmetricKey(size: .bits256))
    private let tokens: [String: String]
    let expiredToken: String

    static let users = ["u0", "u1", "u2", "law1", "law2"]
    /// The clock's first moment.
    static let start = Timestamp(milliseconds: 1_795_000_000_000)

    /// - Parameters:
    ///   - folder: where the databases are put.
    ///   - sabotage: what is to be broken; some breaks need other handlers.
    init(folder: String, for sabotage: Sabotage? = nil) throws {
        self.folder = folder
        realms = try Self.realms(folder, merged: sabotage == .mergesAsAWhole ? MergedAsAWhole() : Merged())
        let key = key
        tokens = Dictionary(uniqueKeysWithValues: try Self.users.map { ($0, try key.token(subject: $0, validFor: 1e9, now: Self.start)) })
        expiredToken = try key.token(subject: "u0", validFor: 1, now: Timestamp(milliseconds: 1_000_000))
    }

    /// Each has the merged entity, some others of the simulation's own, and some of the installed ones; all have them all.
    private static func realms(_ folder: String, merged: any EntityHandler) throws -> [Realm] {
        let count = 8
        var chance = Chance(seed: 0)
        var handlers = [[any EntityHandler]](repeating: [merged], count: count)
        for handler in SimulatedHandlers.others {
            for realm in 0..<count where chance.isTrue(40) { handlers[realm].append(handler) }
        }
        for (place, handler) in SimulatedHandlers.installed.enumerated() { handlers[place % count].append(handler) }
        return try handlers.map { try Realm($0, folder: folder) }
    }

    func token(_ user: String) -> String { tokens[user] ?? "" }

    func authenticator(_ clock: TestClock) -> Authenticator { Authenticator(keys: KeySet(key), cacheSize: 16, now: clock.now) }
}
