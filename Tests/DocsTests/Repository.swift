import Foundation

/// The files of this package.
enum Repository {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static func text(of file: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    }

    static func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The Markdown files, as paths from the package's folder; what is built or installed is passed over.
    static func documents() throws -> [String] {
        let folders = ["", "Docs/", "Plugins/", "Config/", "nginx/", "script/", "Tests/"]
        return try folders.filter { isThere("\(folder)/\($0)") }.flatMap { prefix in
            try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(prefix)").filter { $0.hasSuffix(".md") }.map { prefix + $0 }
        }.sorted()
    }
}
