import JSON
import SyncKit

/// A value that a policy discarded: it is named, so that nothing is lost in silence (PROTOCOL section 4).
struct Overwritten: Equatable {
    enum Side: String {
        case client, server
    }

    let name: String
    /// Nil if what was discarded is that the field be empty.
    let value: JSONValue?
    /// Whose value it was.
    let side: Side

    /// `[{"name":"title","value":"A","side":"client"}]`; empty for an empty list.
    ///
    /// - Parameter hasValues: whether the values are written; without them it says which there are.
    static func json(_ list: [Overwritten], hasValues: Bool = true) -> [UInt8] {
        var json: [UInt8] = []
        for (index, item) in list.enumerated() {
            json += index == 0 ? "[{\"name\":".utf8 : ",{\"name\":".utf8
            JSONWriter.string(item.name, to: &json)
            if hasValues {
                json += ",\"value\":".utf8
                json += (item.value ?? .null).bytes
            }
            JSONWriter.member("side", item.side.rawValue, to: &json)
            json.append(UInt8(ascii: "}"))
        }
        if !json.isEmpty { json.append(UInt8(ascii: "]")) }
        return json
    }
}
