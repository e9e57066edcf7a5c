import Crypto
import JSON
import SyncKit

/// What makes two operations the same one, sent twice (PROTOCOL section 3).
struct OperationIdentity: Hashable {
    private let digest: [UInt8]

    /// - Parameter ordinal: how many equal operations stand before this one in its request.
    init(_ operation: Operation, content: [UInt8], ordinal: Int) {
        var hash = SHA256()
        if let opID = operation.opID {
            Self.update(&hash, with: ["opId".utf8, opID.utf8])
        } else {
            Self.update(&hash, with: [operation.client.utf8, operation.entity.utf8, operation.kind.rawValue.utf8])
            Self.update(&hash, with: [String(operation.timestamp.milliseconds).utf8, String(ordinal).utf8])
            Self.update(&hash, with: [content])
        }
        digest = Array(hash.finalize())
    }

    /// Each part with its length before it, so that no two lists of parts are the same bytes.
    private static func update(_ hash: inout SHA256, with parts: [some Collection<UInt8>]) {
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(part))
        }
    }

    /// A UUID for the record that the operation creates, the same whenever it is sent (RFC 9562, 5.8: version 8).
    var recordID: String {
        var bytes = Array(digest.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let groups = [bytes[0..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10..<16]]
        return groups.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 0xF, radix: 16) }.joined() }.joined(separator: "-")
    }
}
