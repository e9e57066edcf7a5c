import SyncKit

/// Makes up edits: valid ones mostly, of records that the device has or that others may make at the same time.
struct EditMaker {
    let schemas: [Schema]
    private(set) var serial = 0
    /// The last timestamp of each device: two equal operations of one device at one moment would be one.
    private var lastTimestamps: [String: Int64] = [:]

    init(schemas: [Schema]) { self.schemas = schemas }

    mutating func nextSerial() -> Int {
        serial += 1
        return serial
    }

    mutating func edit(of device: Device, now: Int64, _ chance: inout Chance) -> Edit? {
        let schemas = schemas.filter { device.wants($0.entity.name) }
        guard !schemas.isEmpty else { return nil }
        let schema = chance.pick(schemas)
        let own = device.visibleKeys.filter { $0.entity == schema.entity.name }
        let kind = own.isEmpty ? .create : chance.pick(weighted: [(3, .create), (6, .update), (2, Edit.Kind.delete)])
        // Now and then, a record that the device does not have.
        if kind != .create && chance.isTrue(95) { return edit(kind, schema, chance.pick(own).id, device, now, &chance) }
        // What is made over a ghost would go on as the ghost with the new values.
        let id = kind == .create && (device.mayHaveGhosts || chance.isTrue(15)) ? nil : "\(schema.entity.name)-\(chance.number(0...5))"
        return edit(kind, schema, id, device, now, &chance)
    }

    private mutating func edit(
        _ kind: Edit.Kind, _ schema: Schema, _ id: String?, _ device: Device, _ now: Int64, _ chance: inout Chance
    ) -> Edit {
        serial += 1
        let key = RecordKey(entity: schema.entity.name, id: id ?? "")
        let seen = device.view(key) ?? [:]
        var content = kind == .delete ? [:] : self.content(schema, entire: kind == .create, device.user, &chance)
        var members: [String: Value] = [:]
        var data = content
        let base: Int64? =
            kind == .create
            ? (device.isNew && chance.isTrue(30) ? device.tombstones[key] : nil) : (device.kind == .new ? device.baseVersion(key) : nil)
        if kind == .update && device.sendsWholeRecords {
            content = seen.merging(content) { $1 }
            data = content
            if device.sendsVersions { data["version"] = .integer(device.baseVersion(key)) }
            data["createdAt"] = .string("2020-01-01T00:00:00.000Z")
        } else if kind == .update && device.isNew && chance.isTrue(30) {
            members["changed"] = .array(content.keys.sorted().map(Value.string))
            data = seen.merging(content) { $1 }
        }
        if chance.isTrue(20) { data["_local"] = .integer(1) }
        data["id"] = id.map(Value.string)
        let client = device.hasFreshClients || (device.isNew && chance.isTrue(50)) ? "\(device.name)-\(serial)" : device.wireName
        if device.isNew { members["opId"] = .string("op-\(device.name)-\(serial)") }
        // The own operation on whose result it is made, if that is waiting still.
        if device.kind == .new, kind != .create, let previous = device.queue.last(where: { $0.key == key }) {
            members["follows"] = previous.wire["opId"]
        }
        if let base { members["baseVersion"] = chance.isTrue(50) || base == 0 ? .integer(base) : .string(isoDate(base)) }
        members["entity"] = .string(schema.entity.name)
        members["operation"] = .string(kind.rawValue)
        members["data"] = .object(data)
        members["clientId"] = .string(client)
        members["timestamp"] = timestamp(of: device, now, &chance)
        return Edit(
            serial: serial, kind: kind, entity: schema.entity.name, id: id, content: content, wire: .object(members),
            installation: device.name, client: device.isNew ? device.wireName : client, baseVersion: base, seen: seen,
            copied: device.copies[key]?.content ?? [:],
            replaced: device.replaced[key] ?? [])
    }

    private mutating func timestamp(of device: Device, _ now: Int64, _ chance: inout Chance) -> Value {
        var moment = now + device.clockOffset
        // Equal moments are avoided upwards only, so that a clock that was put back stays so.
        while lastTimestamps["\(device.name) \(moment)"] != nil { moment += 1 }
        lastTimestamps["\(device.name) \(moment)"] = moment
        return chance.isTrue(80) ? .string(isoDate(moment)) : .integer(moment)
    }

    /// The fields of a new record, or of a change of one.
    private mutating func content(_ schema: Schema, entire: Bool, _ user: String, _ chance: inout Chance) -> Content {
        var content: Content = [:]
        let fields = schema.handler.fields
        let chosen =
            entire ? fields.filter { $0.isRequired || chance.isTrue(50) } : [chance.pick(fields)] + chance.some(fields, percent: 15)
        for field in chosen {
            let isCleared = !entire && !field.isRequired && chance.isTrue(15)
            content[field.name] = isCleared ? .null : value(of: field, user, &chance)
        }
        if schema.handler.unknownMembers == .keep && chance.isTrue(10) { content["unheardOf"] = text(user) }
        // Rejected, which must hurt nobody.
        if chance.isTrue(2) { content[fields[0].name] = .array([.integer(1)]) }
        return content
    }

    private mutating func value(of field: Field, _ user: String, _ chance: inout Chance) -> Value {
        switch field.type {
        case .string(let length): .string(String(mark(user).prefix(length.upperBound)))
        case .text: text(user)
        case .choice(let words): .string(chance.pick(words))
        case .boolean: .boolean(chance.isTrue(50))
        case .integer(let range): .integer(max(range.lowerBound, min(range.upperBound, Int64(chance.number(1...10_000)))))
        case .number: .number(Double(chance.number(1...10_000)) + 0.5)
        case .date: .integer(1_700_000_000_000 + Int64(chance.number(0...1_000_000_000)))
        case .strings: .array((0..<chance.number(1...2)).map { _ in text(user) })
        case .object: .object(["mark": text(user)])
        }
    }

    private mutating func text(_ user: String) -> Value { .string(mark(user)) }

    /// Unique, so that who has this value has seen this edit; and it says whose it is.
    private mutating func mark(_ user: String) -> String {
        serial += 1
        return "Of \(user): \(serial)"
    }
}
