import Foundation
import SyncServer
import Testing

/// What is written about the metrics names those that there are.
@Suite struct MetricsDocumentTests {
    private static let all = Set(MetricFamily.allCases.map(\.name))

    /// The names in a text, those of a histogram's series without their ends.
    private func names(in text: String) -> Set<String> {
        Set(
            text.matches(of: /\b(meelio_sync|process)_[a-z_]+[a-z]/).map { match in
                let name = String(match.output.0)
                for end in ["_bucket", "_sum", "_count"] where name.hasSuffix(end) && !Self.all.contains(name) {
                    return String(name.dropLast(end.count))
                }
                return name
            })
    }

    @Test func everyMetricIsDocumentedAndEveryDocumentedOneIsThere() throws {
        let rows = try Repository.text(of: "Docs/operations.md").split(separator: "\n").filter {
            $0.hasPrefix("| `meelio_sync_") || $0.hasPrefix("| `process_")
        }
        #expect(Set(rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }) == Self.all)
    }

    @Test(arguments: ["Config/alerts.yaml", "Config/grafana-dashboard.json"])
    func everyMetricThatIsUsedIsThere(_ file: String) throws {
        let used = names(in: try Repository.text(of: file))
        #expect(!used.isEmpty)
        #expect(used.subtracting(Self.all) == [])
    }

    @Test func everyAlertHasAReason() throws {
        let document = try Repository.text(of: "Docs/operations.md")
        let alerts = try Repository.text(of: "Config/alerts.yaml").matches(of: /- alert: (\w+)/).map { String($0.output.1) }
        #expect(alerts.count > 5)
        for alert in alerts { #expect(document.contains("| `\(alert)` |")) }
    }

    @Test func theDashboardIsForAnyDataSource() throws {
        let data = Data(try Repository.text(of: "Config/grafana-dashboard.json").utf8)
        let dashboard = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(dashboard["schemaVersion"] as? Int != nil)
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        #expect(panels.allSatisfy { ($0["datasource"] as? [String: String])?["uid"] == "${datasource}" })
    }
}
