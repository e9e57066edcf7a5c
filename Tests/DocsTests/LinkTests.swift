import Foundation
import Testing

@Suite struct LinkTests {
    /// `[text](path#heading)`; links to the web have a colon.
    @Test(arguments: try Repository.documents()) func everyRelativeLinkLeadsToAFile(document: String) throws {
        let folder = (Repository.folder + "/" + document as NSString).deletingLastPathComponent
        for match in try Repository.text(of: document).matches(of: /\]\(([^)#:\s]+)(#[^)\s]*)?\)/) {
            #expect(Repository.isThere("\(folder)/\(match.output.1)"), "\(document) links to '\(match.output.1)', which is not there.")
        }
    }

    /// `[text](#heading)` and `[text](file.md#heading)`
    @Test(arguments: try Repository.documents()) func everyLinkToAHeadingFindsIt(document: String) throws {
        let folder = (document as NSString).deletingLastPathComponent
        for match in try Repository.text(of: document).matches(of: /\]\(([^)#:\s]*)#([^)\s]+)\)/) {
            let file = match.output.1.isEmpty ? document : (folder as NSString).appendingPathComponent(String(match.output.1))
            let headings = try Self.anchors(in: try Repository.text(of: (file as NSString).standardizingPath))
            #expect(headings.contains(String(match.output.2)), "\(document): '\(match.output.2)' is no heading of \(file).")
        }
    }

    /// The anchors that GitHub makes of headings: lower case, hyphens for spaces, other marks left out.
    private static func anchors(in markdown: String) throws -> Set<String> {
        let headings = markdown.matches(of: /(?m)^#+ +(.+)$/).map(\.output.1)
        return Set(headings.map { $0.lowercased().replacing(/[^\w \-]/, with: "").replacing(" ", with: "-") })
    }
}
