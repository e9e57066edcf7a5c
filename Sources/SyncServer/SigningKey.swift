package import Crypto
import Foundation
import JWTKit
package import SyncKit

/// The server's own key for tokens: 32 random bytes in a file that its owner alone can read.
package struct SigningKey: Sendable {
    let collection: JWTKeyCollection

    package init(_ key: SymmetricKey) {
        collection = blocking {
            await JWTKeyCollection().add(hmac: HMACKey(key: key), digestAlgorithm: .sha256)
        }
    }

    /// Reads the key's file; makes it, with mode 0600, if there is none.
    ///
    /// - Throws: ``SigningKeyError`` with the file and what is wrong with it.
    package init(file path: String) throws {
        if !FileManager.default.fileExists(atPath: path) { try Self.create(path) }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw SigningKeyError("The key file '\(path)' cannot be read. Give the server's user the right to read it.")
        }
        guard bytes.count >= 32 else {
            throw SigningKeyError(
                "The key file '\(path)' has \(bytes.count) bytes, and a key has at least 32. Remove the file to have a new one made.")
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
        guard mode & 0o077 == 0 else {
            throw SigningKeyError("The key file '\(path)' can be read by others. Change its mode: chmod 600 '\(path)'")
        }
        self.init(SymmetricKey(data: bytes))
    }

    /// Whoever comes second when two processes start at once finds the other's file.
    private static func create(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            throw SigningKeyError("The key file '\(path)' cannot be made: \(String(cString: strerror(errno))).")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) })
            try file.synchronize()
        } catch {
            // A part of a key would stop every later start.
            unlink(path)
            throw SigningKeyError("The key file '\(path)' cannot be written: \(error.localizedDescription)")
        }
    }

    /// A token for `subject`, valid for `seconds` from `now` on.
    package func token(subject: String, plan: String? = nil, validFor seconds: Double, now: Timestamp) throws -> String {
        let claims = TokenClaims(sub: subject, exp: Double(now.milliseconds / 1000) + seconds, plan: plan)
        return try blockingResult { [collection] in try await collection.sign(claims) }
    }
}

package struct SigningKeyError: Error {
    package let message: String

    init(_ message: String) { self.message = message }
}
