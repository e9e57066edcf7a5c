import JSON
import SyncEngine
import SyncKit

/// What ``ExportCommand`` writes, as operations.
struct UserExport {
    private(set) var subject = ""
    private(set) var creates: [Operation] = []

    /// - Throws: ``SettingsError`` if it is no export.
    init(_ text: [UInt8], file: String, at now: Timestamp) throws {
        let isExport: Bool
        do {
            var export = UserExport()
            isExport = try JSONParser().parse(text) { export.read($0, now) }
            self = export
        } catch let error as JSONError {
            throw SettingsError("'\(file)' is not JSON: \(error.message)")
        }
        guard isExport else {
            throw SettingsError("'\(file)' was not written by 'meelio-sync export': it has no 'format' 1, 'user' or 'records'.")
        }
    }

    private init() {}

    private mutating func read(_ root: JSONElement, _ now: Timestamp) -> Bool {
        var (format, user, records): (Int64?, String?, JSONElement?)
        root.forEachMember { name, value in
            switch name {
            case "format": format = value.integer
            case "user": user = value.string
            case "records": records = value
            default: break
            }
        }
        guard format == 1, let user, let records, records.kind == .object else { return false }
        subject = user
        var isWhole = true
        records.forEachMember { entity, list in
            let isList = list.forEachElement { _, record in
                guard let create = Self.create(record, of: entity, now) else { return isWhole = false }
                creates.append(create)
            }
            if !isList { isWhole = false }
        }
        return isWhole
    }

    private static func create(_ record: JSONElement, of entity: String, _ now: Timestamp) -> Operation? {
        guard let members = record.members() else { return nil }
        let document = Document(members)
        return Operation(
            entity: entity, kind: .create, data: document, nesting: record.depth, clientID: "import",
            timestamp: document.date("updatedAt") ?? now)
    }
}
