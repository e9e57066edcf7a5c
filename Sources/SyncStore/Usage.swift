import JSON
import SyncKit

/// How many live records of one entity a user has, and what they add up to.
package struct Usage: Sendable, Equatable {
    package var records = 0
    /// The JSON of the records, in bytes.
    package var bytes = 0
    /// See ``RecordDigest``.
    package var digest: UInt32 = 0
    /// The version of the newest write to the entity.
    var head = Version.zero

    package init() {}

    mutating func add(_ record: StoredRecord, id: String) {
        head = record.version
        guard !record.isDeleted else { return }
        records += 1
        bytes += record.document.count
        digest &+= RecordDigest.of(id: id, version: record.version)
    }

    mutating func subtract(_ record: StoredRecord, id: String) {
        guard !record.isDeleted else { return }
        records -= 1
        bytes -= record.document.count
        digest &-= RecordDigest.of(id: id, version: record.version)
    }
}

/// A number by which a device and the server see that they have the same records, without sending them: the sum, modulo
/// 2^32, of one hash for each record. So the order does not count, and a write costs one addition.
package enum RecordDigest {
    /// FNV-1a (32 bits) over the UTF-8 of `ID:VERSION`, its bits mixed by the last step of MurmurHash3 (fmix32): both are a
    /// few lines in any language, and fast in JavaScript with Math.imul.
    package static func of(id: String, version: Version) -> UInt32 {
        var hash: UInt32 = 0x811C_9DC5
        for byte in id.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        hash = (hash ^ UInt32(UInt8(ascii: ":"))) &* 0x0100_0193
        for byte in String(version.value).utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
        hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
        return hash ^ hash >> 16
    }
}

/// All of a user's usage, by entity key. In the user's row it is `[[entity,records,bytes,digest,head],…]`.
struct UsageTable {
    /// In no order. A user has records of few entities: looking through them costs less than any hashing.
    private(set) var entities: [(key: Int64, usage: Usage)] = []

    init() {}

    init(json: UnsafeRawBufferPointer) throws {
        let isTable = try JSONIntegerRows.forEach(of: json) { row in
            guard row.count == 5 else { throw Self.damage }
            var usage = Usage()
            (usage.records, usage.bytes, usage.digest) = (Int(row[1]), Int(row[2]), UInt32(truncatingIfNeeded: row[3]))
            usage.head = Version(row[4])
            entities.append((row[0], usage))
        }
        guard isTable else { throw Self.damage }
    }

    private static let damage = StoreError.unavailable("A user's stored usage is damaged.")

    subscript(entity: Int64) -> Usage {
        get { entities.first { $0.key == entity }?.usage ?? Usage() }
        set {
            if let index = entities.firstIndex(where: { $0.key == entity }) {
                entities[index].usage = newValue
            } else {
                entities.append((entity, newValue))
            }
        }
    }

    var records: Int { entities.reduce(0) { $0 + $1.usage.records } }
    var bytes: Int { entities.reduce(0) { $0 + $1.usage.bytes } }

    var json: [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "[")]
        for (key, usage) in entities {
            json += json.count == 1 ? "[".utf8 : ",[".utf8
            for (index, number) in [key, Int64(usage.records), Int64(usage.bytes), Int64(usage.digest), usage.head.value].enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                JSONWriter.integer(number, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "]"))
        return json
    }
}
