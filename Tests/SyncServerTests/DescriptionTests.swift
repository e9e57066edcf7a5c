import Foundation
import SyncTesting
import Testing
@testable import SyncServer

/// What the server says of itself: GET entities and GET openapi.json.
@Suite struct DescriptionTests {
    @Test func eachEntityHasItsSchemaPolicyAndLimits() throws {
        let entities = try TestServer.policies().get("/api/v1/sync/entities")["entities"]
        let merged = entities.array.first { $0["name"].string == "merged" } ?? JSONReply(nil)
        #expect(merged["schema"]["$schema"].string == "https://json-schema.org/draft/2020-12/schema")
        #expect(merged["schema"]["required"].array.map(\.string) == ["title"])
        #expect(merged["schema"]["properties"]["title"]["maxLength"].integer == 50)
        #expect(merged["conflicts"]["policy"].string == "merge")
        #expect(merged["conflicts"]["fields"]["to"].string == "max")
        #expect(merged["limits"]["maxRecordBytes"].integer == 262_144)
        let cache = entities.array.first { $0["name"].string == "cache" }
        #expect(cache?["unique"][0]["rule"].string == "onePerUser")
    }

    @Test func aDefaultAndTheNullThatClearsStandInTheSchema() throws {
        let tasks = try TestServer.sample().get("/api/v1/sync/entities")["entities"][0]["schema"]["properties"]
        #expect(tasks["isFocus"]["default"].boolean == false)
        #expect(tasks["isFocus"]["anyOf"][1]["type"].string == "null")
    }

    @Test func theOpenAPIDescriptionNamesEveryEntity() throws {
        let description = try TestServer.policies().get("/api/v1/sync/openapi.json")
        #expect(description["openapi"].string == "3.1.0")
        #expect(description["paths"].names.count == 8)
        #expect(description["components"]["schemas"]["record.merged"]["properties"]["tags"].exists)
        #expect(description["components"]["schemas"]["Operation"]["properties"]["entity"]["enum"].array.count == 7)
    }

    @Test func theOpenAPIDescriptionNamesTheWaysToAuthenticate() throws {
        func security(_ change: (inout Authenticator.Rules) -> Void) throws -> (names: Set<String>, schemes: JSONReply) {
            var rules = Authenticator.Rules()
            change(&rules)
            let descriptions = try Descriptions(of: TestServer.sample().engine, authentication: rules)
            let document = JSONReply(try JSONSerialization.jsonObject(with: Data(descriptions.openAPI)))
            return (Set(document["security"].array.flatMap(\.names)), document["components"]["securitySchemes"])
        }
        let token = try security { _ in }
        #expect(token.names == ["token"] && token.schemes["token"]["scheme"].string == "bearer")
        let cookie = try security { $0.cookie = "session" }
        #expect(cookie.names == ["token", "cookie"] && cookie.schemes["cookie"]["name"].string == "session")
        #expect(try security { $0.trustsWebServer = true }.names.isEmpty)
    }
}
