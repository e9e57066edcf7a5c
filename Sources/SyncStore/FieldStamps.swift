import JSON
package import SyncKit

/// Who wrote which field of a record when.
///
/// Most records are written once and never merged: as long as all fields have the record's own stamp, nothing is kept.
package struct FieldStamps: Sendable, Equatable {
    /// The stamp of every field that has none of its own; nil for the record's.
    private var baseline: Stamp?
    private var stamps: [String: Stamp] = [:]

    package init() {}

    /// The stamp of a field of a record whose own stamp is `record`. A field that was cleared, or never was there, has one too.
    package func stamp(of field: String, record: Stamp) -> Stamp { stamps[field] ?? baseline ?? record }

    /// The stamps after a write that changed these fields of a record whose stamp was `record`.
    package func changed(_ fields: [String], record: Stamp, version: Version, writer: String, edited: Timestamp) -> FieldStamps {
        var result = self
        result.baseline = baseline ?? record
        for field in fields {
            result.stamps[field] = stamp(of: field, record: record).followed(by: version, of: writer, edited: edited)
        }
        return result
    }
}

// In the table they are `{"":[version,"writer",byOthers,edited],"title":[…]}`, the baseline under the empty name; an empty
// text if there is nothing to keep.
extension FieldStamps {
    init(json: [UInt8]) throws {
        guard !json.isEmpty else { return }
        guard let members = JSONMembers(minified: json) else { throw StoreError.unavailable("Stored field stamps are not JSON.") }
        for member in members.members {
            let name = JSONString.decode(escaped: members.bytes[member.name])
            guard let stamp = Self.stamp(members.bytes[member.value]) else {
                throw StoreError.unavailable("A stored field stamp is damaged.")
            }
            if name.isEmpty { baseline = stamp } else { stamps[name] = stamp }
        }
    }

    private static func stamp(_ json: ArraySlice<UInt8>) -> Stamp? {
        guard let parts = elements(of: json), parts.count == 4, let version = integer(parts[0]), let byOthers = integer(parts[2]),
            let edited = integer(parts[3])
        else { return nil }
        return Stamp(
            version: Version(version), writer: JSONString.decode(escaped: parts[1].dropFirst().dropLast()),
            versionByOthers: Version(byOthers), edited: Timestamp(milliseconds: edited))
    }

    private static func integer(_ json: ArraySlice<UInt8>) -> Int64? { Int64(String(decoding: json, as: UTF8.self)) }

    var json: [UInt8] {
        guard let baseline else { return [] }
        var json: [UInt8] = [UInt8(ascii: "{")]
        Self.write(baseline, named: "", to: &json)
        for (name, stamp) in stamps {
            json.append(UInt8(ascii: ","))
            Self.write(stamp, named: name, to: &json)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    private static func write(_ stamp: Stamp, named name: String, to json: inout [UInt8]) {
        JSONWriter.string(name, to: &json)
        json += ":["
        JSONWriter.integer(stamp.version.value, to: &json)
        json.append(UInt8(ascii: ","))
        JSONWriter.string(stamp.writer, to: &json)
        json.append(UInt8(ascii: ","))
        JSONWriter.integer(stamp.versionByOthers.value, to: &json)
        json.append(UInt8(ascii: ","))
        JSONWriter.integer(stamp.edited.milliseconds, to: &json)
        json.append(UInt8(ascii: "]"))
    }
}
