// What every handler owes the server and its clients, tried through the whole server on a real database. The tests run it
// over the registry, so that a handler that is dropped into Plugins/ is tested before anybody has written a line for it.

import HTTPTypes
package import SyncKit

/// The promises of a handler. Each check throws ``Violation`` with the first one that is broken.
package struct HandlerContract: CustomStringConvertible {
    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    private let handler: any EntityHandler
    private let entity: String

    package init(_ handler: any EntityHandler) {
        self.handler = handler
        entity = handler.entity.name
    }

    package var description: String { entity }

    // MARK: - The promises

    /// Every valid value of every field is stored and comes back to another device as it was sent.
    package func storesValidValues() throws {
        for field in handler.fields {
            for value in FieldSamples(field).valid {
                let server = try TestServer([handler])
                let reply = try server.bulk([.create(entity, record([field.name: value]))])
                try expect(reply["success"].boolean == true, "\(field.name) = \(value.prefix(50)) was refused: \(reply.text.prefix(500))")
                let change = try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"][field.name]
                try expect(change == Self.json(value), "\(field.name) = \(value.prefix(50)) came back as \(change)")
            }
        }
    }

    /// Every invalid value is rejected with the field's path, and nothing is stored.
    package func rejectsInvalidValues() throws {
        let server = try TestServer([handler])
        for field in handler.fields {
            for value in FieldSamples(field).invalid {
                let conflict = try server.bulk([.create(entity, record([field.name: value]))])["conflicts"][0]
                try expect(conflict["type"].string == "validation", "\(field.name) = \(value.prefix(50)) was accepted")
                let path = conflict["errors"][0]["path"].string
                try expect(path == "data.\(field.name)", "\(field.name) = \(value.prefix(50)) was blamed on \(path ?? "nothing")")
            }
        }
        try expect(server.get("/api/v1/sync/changes")["serverChanges"].array.isEmpty, "A rejected record was stored")
    }

    /// A required field cannot be left out or cleared; the others can, and those with a default get it.
    package func handlesMissingFields() throws {
        for field in handler.fields {
            let server = try TestServer([handler])
            let isNeeded = field.isRequired && field.defaultValue == nil
            let missing = try server.bulk([.create(entity, record([field.name: nil]))])
            try expect(missing["success"].boolean == !isNeeded, "\(field.name) left out: \(missing.text)")
            if isNeeded { _ = try server.bulk([.create(entity, record([:]))]) }
            let cleared = try server.bulk([.update(entity, #""id":"r1","\#(field.name)":null"#)])
            try expect(cleared["success"].boolean == !isNeeded, "\(field.name) cleared: \(cleared.text)")
            let stored = try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"][field.name]
            if let value = field.defaultValue {
                try expect(stored == Self.json(String(decoding: value.bytes, as: UTF8.self)), "\(field.name) has no default but \(stored)")
            } else {
                try expect(stored.exists == isNeeded, "\(field.name) was not cleared")
            }
        }
    }

    /// Members that the handler does not declare are kept as they came, or rejected if the handler is strict.
    package func treatsUnknownMembersAsDeclared() throws {
        let server = try TestServer([handler])
        let unknown = #"{"deep":[1,{"er":null}],"text":"\u00e9"}"#
        let reply = try server.bulk([.create(entity, record(["xUnknown": unknown]))])
        try expect(reply["success"].boolean == (handler.unknownMembers == .keep), reply.text)
        guard handler.unknownMembers == .keep else { return }
        let stored = try server.get("/api/v1/sync/changes")["serverChanges"][0]["data"]["xUnknown"]
        try expect(stored == Self.json(unknown), "An unknown member came back as \(stored)")
    }

    /// `normalize` changes nothing that it has changed already, and its results pass the fields' checks.
    package func normalizesOnce() throws {
        for field in handler.fields {
            for value in FieldSamples(field).valid {
                guard var once = Document(json: "{\(record([field.name: value]))}") else {
                    throw Violation(description: "Not JSON: \(value)")
                }
                handler.normalize(&once)
                var twice = once
                handler.normalize(&twice)
                try expect(once == twice, "normalize is not idempotent for \(field.name) = \(value.prefix(50))")
                let faults = Schema(handler).faults(in: once)
                try expect(faults.isEmpty, "normalize makes \(field.name) = \(value.prefix(50)) invalid: \(faults)")
            }
        }
    }

    /// A second live record with the same values is a conflict that names the first; a deleted one is in nobody's way.
    package func keepsUniqueRules() throws {
        for rule in handler.uniqueRules {
            let server = try TestServer([handler])
            _ = try server.bulk([.create(entity, record([:]))])
            let reply = try server.bulk([.create(entity, record([:], id: "r2"))])
            guard !rule.mergesCreates else {
                try expect(reply["results"][0]["id"].string == "r1", "\(rule) did not merge a second record into the first: \(reply.text)")
                continue
            }
            let second = reply["conflicts"][0]
            try expect(second["type"].string == "constraint", "\(rule) was broken")
            try expect(second["constraint"]["id"].string == "r1", "\(rule) does not name the record in the way")
            try expect(
                server.bulk([.create(entity, record([:], id: "r2"))], as: "bob")["success"].boolean == true, "\(rule) reaches across users")
            let after = try server.bulk([.delete(entity, "r1"), .create(entity, record([:], id: "r2"))])
            try expect(after["success"].boolean == true, "\(rule) counts a deleted record: \(after.text)")
        }
    }

    // MARK: - Records

    /// The members of a valid record with all its fields, some of them replaced; nil leaves a field out.
    private func record(_ replaced: [String: String?], id: String = "r1") -> String {
        var members = ["\"id\":\"\(id)\""]
        for field in handler.fields where replaced[field.name] == nil {
            if let value = FieldSamples(field).valid.first { members.append("\"\(field.name)\":\(value)") }
        }
        for (name, value) in replaced.sorted(by: { $0.key < $1.key }) {
            if let value { members.append("\"\(name)\":\(value)") }
        }
        return members.joined(separator: ",")
    }

    private func expect(_ isKept: Bool, _ description: @autoclosure () -> String) throws {
        if !isKept { throw Violation(description: "\(entity): \(description())") }
    }

    private static func json(_ text: String) -> JSONReply {
        (try? Reply(status: 200, fields: [:], body: Array(text.utf8)).json) ?? JSONReply(nil)
    }
}
