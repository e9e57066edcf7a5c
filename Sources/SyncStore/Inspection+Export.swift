import GRDB
import JSON

extension Inspection {
    /// Writes all that is kept of a user, as of one moment: `{"format":1,"user":…,"records":{"tasks":[…]},"conflicts":[…],…}`.
    /// Docs/deployment.md, "A person's data", has its members.
    ///
    /// - Parameter write: takes a piece of the JSON text; the pieces are some kilobytes, however much there is.
    /// - Returns: how many records; nil if there is no such user, and then nothing was written.
    package func export(_ user: UserID, write: @escaping ([UInt8]) throws -> Void) throws -> Int? {
        try read { db in
            guard let key = try Int64.fetchOne(db, sql: "SELECT key FROM users WHERE subject = ?", arguments: [user.subject]) else {
                return nil
            }
            var text = PiecewiseText(write: write)
            text.buffer += "{\"format\":1,\"user\":".utf8
            JSONWriter.string(user.subject, to: &text.buffer)
            text.buffer += ",\"records\":{".utf8
            var count = 0
            for (index, entity) in entities.enumerated() {
                text.beginMember(entity.name, isFirst: index == 0)
                count += try text.list(db, "SELECT document FROM \(entity.table) WHERE user = ? AND deleted = 0 ORDER BY version", [key])
            }
            text.buffer += "},\"deleted\":{".utf8
            for (index, entity) in entities.enumerated() {
                text.beginMember(entity.name, isFirst: index == 0)
                try text.list(
                    db,
                    """
                    SELECT document FROM \(entity.table) WHERE user = ?1 AND deleted = 1
                    UNION ALL SELECT json_object('id', id, 'version', version) FROM graves WHERE user = ?1 AND entity = \(entity.key)
                    """, [key])
            }
            text.buffer += "},\"deletedContents\":".utf8
            try text.list(db, "SELECT document FROM deleted_contents WHERE user = ? ORDER BY version", [key])
            text.buffer += ",\"conflicts\":".utf8
            try text.list(db, "SELECT body FROM conflicts WHERE user = ? ORDER BY number", [key])
            text.buffer += ",\"devices\":".utf8
            let writers =
                entities.map { "SELECT writer FROM \($0.table) WHERE user = ?1" } + ["SELECT client FROM conflicts WHERE user = ?1"]
            try text.list(db, "SELECT json_quote(writer) FROM (\(writers.joined(separator: " UNION "))) ORDER BY 1", [key])
            text.buffer += ",\"operations\":".utf8
            try text.list(
                db,
                "SELECT json_object('at', at, 'record', id, 'overwritten', json(iif(overwritten IN ('', 'null'), '[]', overwritten))) FROM operations WHERE user = ? ORDER BY at",
                [key])
            text.buffer += ",\"refusals\":".utf8
            try text.list(
                db, "SELECT json_object('at', at, 'entity', entity, 'record', record) FROM refusals WHERE user = ? ORDER BY at", [key])
            text.buffer += "}\n".utf8
            try text.end()
            return count
        }
    }
}

/// A long text that is handed on in pieces.
private struct PiecewiseText {
    var buffer: [UInt8] = []
    private let write: ([UInt8]) throws -> Void

    init(write: @escaping ([UInt8]) throws -> Void) { self.write = write }

    mutating func beginMember(_ name: String, isFirst: Bool) {
        if !isFirst { buffer.append(UInt8(ascii: ",")) }
        JSONWriter.string(name, to: &buffer)
        buffer.append(UInt8(ascii: ":"))
    }

    /// Appends an array of the JSON texts that a query gives, and returns how many there are.
    @discardableResult
    mutating func list(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws -> Int {
        buffer.append(UInt8(ascii: "["))
        var count = 0
        let texts = try String.fetchCursor(db, sql: sql, arguments: arguments)
        while let text = try texts.next() {
            if count > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer += text.utf8
            count += 1
            if buffer.count > 65_536 { try flush() }
        }
        buffer.append(UInt8(ascii: "]"))
        return count
    }

    mutating func end() throws { try flush() }

    private mutating func flush() throws {
        try write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
