import SyncKit
import Testing

@Suite struct RegistryTests {
    private struct Sample: EntityHandler {
        var entity = Entity("samples")
        var fields: [Field] = [.string("title")]
        var uniqueRules: [UniqueRule] = []
    }

    private struct Other: EntityHandler {
        var entity = Entity("others")
        let fields: [Field] = []
    }

    private func message(_ handlers: any EntityHandler...) -> String {
        do {
            _ = try Registry(handlers)
            return ""
        } catch {
            return error.message
        }
    }

    @Test func entitiesAreFoundByTheirName() throws {
        let registry = try Registry([Sample(), Other()])
        #expect(registry.schema(for: "others")?.entity.table == "others")
        #expect(registry.schema(for: "nots") == nil)
    }

    @Test func twoHandlersOfOneEntityStopTheStart() {
        #expect(
            message(Sample(), Other(entity: Entity("samples", table: "x")))
                == "The handlers Sample and Other both serve the entity 'samples'. Remove one of them.")
    }

    @Test func twoHandlersOfOneTableStopTheStart() {
        #expect(message(Sample(), Other(entity: Entity("others", table: "samples"))).contains("both use the table 'samples'"))
    }

    @Test(arguments: ["users", "tasks_records", "sqlite_x", "a b", "", "x;--"])
    func aTableNameThatCannotBeStopsTheStart(table: String) {
        #expect(!message(Sample(entity: Entity("samples", table: table))).isEmpty)
    }

    @Test(arguments: ["id", "version", "user", "writer", "document", "createdAt", "a-b", "é", ""])
    func aFieldNameThatCannotBeStopsTheStart(name: String) {
        #expect(message(Sample(fields: [.string(name)])).contains("'\(name)'"))
    }

    @Test func twoFieldsOfOneColumnStopTheStart() {
        #expect(message(Sample(fields: [.string("isFocus"), .string("is_focus")])).contains("is_focus"))
    }

    @Test func aUniqueRuleOfAnUnknownFieldStopsTheStart() {
        #expect(message(Sample(uniqueRules: [UniqueRule("url")])).contains("'url'"))
    }

    @Test func tableNamesAreInSnakeCase() {
        #expect(Entity("siteBlockers").table == "site_blockers")
    }
}
