import JSON
package import SyncKit

/// Who wrote which field of a record when.
///
/// Most records are written once and never merged: as long as all fields have the record's own stamp, nothing is kept.
package struct FieldStamps: Sendable, Equatable {
    /// The stamp of every field that has none of its own; nil for the record's.
    private var baseline: Stamp?
    private var stamps: [ExactText: Stamp] = [:]

    package init() {}

    /// The stamp of a field of a record whose own stamp is `record`. A field that was cleared, or never was there, has one too.
    package func stamp(of field: String, record: Stamp) -> Stamp { stamps[ExactText(field)] ?? baseline ?? record }

    /// Whether the field was changed after the record was created.
    package func isChanged(_ field: String) -> Bool { stamps[ExactText(field)] != nil }

    /// The stamps after a write that changed these fields of a record whose stamp was `record`.
    package func changed(_ fields: [String], record: Stamp, version: Version, writer: String, edited: Timestamp) -> FieldStamps {
        var result = self
        result.baseline = baseline ?? record
        for field in fields {
            result.stamps[ExactText(field)] = stamp(of: field, record: record).followed(by: version, of: writer, edited: edited)
        }
        return result
    }
}

// In the table they are `{"":[version,"writer",byOthers,edited],"title":[…]}`, the baseline under the empty name; an empty
// text if there is nothing to keep. A record may have a member with the empty name: `[baseline,{"":[…],"title":[…]}]` then.
extension FieldStamps {
    init(json: [UInt8]) throws {
        guard !json.isEmpty else { return }
        if json.first == UInt8(ascii: "[") {
            guard let parts = elements(of: json[...]), parts.count == 2, let baseline = Self.stamp(parts[0]) else { throw Self.damage }
            try take(Array(parts[1]), hasBaseline: false)
            self.baseline = baseline
        } else {
            try take(json, hasBaseline: true)
        }
    }

    private static let damage = StoreError.unavailable("Stored field stamps are damaged.")

    private mutating func take(_ json: [UInt8], hasBaseline: Bool) throws {
        guard let members = JSONMembers(minified: json) else { throw Self.damage }
        for member in members.members {
            let name = JSONString.decode(escaped: members.bytes[member.name])
            guard let stamp = Self.stamp(members.bytes[member.value]) else { throw Self.damage }
            if hasBaseline && name.isEmpty { baseline = stamp } else { stamps[ExactText(name)] = stamp }
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
        var json: [UInt8] = []
        let isApart = stamps[ExactText("")] != nil
        if isApart {
            json.append(UInt8(ascii: "["))
            Self.write(baseline, to: &json)
            json += ",{"
        } else {
            json += "{\"\":"
            Self.write(baseline, to: &json)
        }
        var isFirst = isApart
        for (name, stamp) in stamps {
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONWriter.string(name.text, to: &json)
            json.append(UInt8(ascii: ":"))
            Self.write(stamp, to: &json)
        }
        json += isApart ? "}]" : "}"
        return json
    }

    private static func write(_ stamp: Stamp, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "["))
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
