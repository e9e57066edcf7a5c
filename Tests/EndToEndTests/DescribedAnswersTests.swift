import Foundation
import SyncTesting
import Testing

/// Requests made up from the server's own description, good ones and bad ones: schemathesis through nginx.
@Suite struct DescribedAnswersTests {
    @Test func everyAnswerIsAsDescribedAndNoneIsAServersFault() async throws {
        let server = try await LiveServer(in: TemporaryFolder())
        let client = try server.client("fuzz")
        // Something for the made-up requests to meet.
        _ = try await client.bulk([
            .create("tasks", #""id":"t1","title":"A""#, by: "phone"), .update("tasks", #""id":"none","title":"A""#, by: "phone"),
            .create("notes", #""id":"n1","title":"A""#, by: "phone"), .delete("notes", "n1", by: "phone"),
        ])
        let checks =
            "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
        let report = try Shell.run(
            Binary.packageFolder + "/.build/schemathesis/bin/schemathesis",
            [
                "run", server.url + "/api/v1/sync/openapi.json", "-H", "Authorization: Bearer \(client.token)", "--checks", checks,
                "--phases", "coverage,fuzzing", "--max-examples", "60", "--seed", "1", "--continue-on-failure",
            ], in: server.state)
        #expect(report.contains("Fuzzing"), "\(report.suffix(5000))")
        #expect(!server.output.contains("A request failed."), "\(server.output.suffix(5000))")
    }
}
