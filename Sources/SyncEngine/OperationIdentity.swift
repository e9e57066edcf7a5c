import Crypto
import Foundation
import JSON
import SyncKit
import SyncStore

/// What makes two operations the same one, sent twice (PROTOCOL section 3).
struct OperationIdentity: Hashable {
    /// 16 bytes of a SHA-256.
    let bytes: [UInt8]
    /// What an operation with an `opId` said, in 8 bytes: another one under the same `opId` is refused. Empty without an
    /// `opId`, for the identity is made of all that it says then.
    let fingerprint: [UInt8]

    /// - Parameters:
    ///   - content: what of the operation's data belongs to the record.
    ///   - ordinal: how many equal operations stand before this one in its request.
    init(_ operation: Operation, content: Document, ordinal: Int = 0) {
        if let opID = operation.opID {
            bytes = Self.bytes(ofOpID: opID)
            fingerprint = Self.digest(
                operation.entity, operation.kind.rawValue, operation.data.string("id") ?? "", of: content, count: 8)
        } else {
            bytes = Self.digest(
                operation.clientID, operation.entity, operation.kind.rawValue, String(operation.timestamp.milliseconds), String(ordinal),
                operation.data.string("id") ?? "", of: content, count: 16)
            fingerprint = []
        }
    }

    /// The identity of the operation with this `opId`.
    static func bytes(ofOpID opID: String) -> [UInt8] { digest("opId", opID, of: Document(), count: 16) }

    /// Each part has its length before it, so that no two lists of parts are the same bytes.
    private static func digest(_ parts: String..., of content: Document, count: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256)
        for part in parts {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.utf8.count).littleEndian) { text += $0 }
            text += part.utf8
        }
        content.writeMembers(to: &text, keepingNulls: true)
        return text.withUnsafeBytes { Array(SHA256.hash(data: $0).prefix(count)) }
    }

    /// A UUID for the record that the operation creates, the same whenever it is sent (RFC 9562, 5.8: version 8).
    var recordID: String {
        var uuid = bytes
        uuid[6] = uuid[6] & 0x0F | 0x80
        uuid[8] = uuid[8] & 0x3F | 0x80
        return [uuid[0..<4], uuid[4..<6], uuid[6..<8], uuid[8..<10], uuid[10..<16]].map(Self.hexadecimal).joined(separator: "-")
    }

    /// The id of the conflict that the operation may end in.
    var conflictID: String { Self.hexadecimal(bytes[...]) }

    /// The bytes of the identity whose operation ended in this conflict; nil if it is no such name.
    static func bytes(ofConflict id: String) -> [UInt8]? {
        let bytes = HexText.bytes(id)
        return bytes.count == 16 ? bytes : nil
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            for (place, byte) in bytes.enumerated() {
                text[place * 2] = JSONWriter.hexDigit(byte >> 4)
                text[place * 2 + 1] = JSONWriter.hexDigit(byte & 0xF)
            }
            return bytes.count * 2
        }
    }
}
