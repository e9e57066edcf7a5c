// Writes the registry of the entity handlers: the target Handlers depends on one target for each folder in Plugins/
// (see Package.swift), and this plugin turns that list into Swift. No file is edited to add an entity.

import Foundation
import PackagePlugin

@main
struct GenerateRegistry: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let names = target.dependencies.compactMap { dependency in
            if case .target(let target) = dependency, target.name.hasSuffix("Handler") {
                return String(target.name.dropLast("Handler".count))
            }
            return nil
        }
        let folder = context.pluginWorkDirectoryURL.appending(path: "Registry")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write(registry(of: names.sorted()), to: folder.appending(path: "InstalledHandlers.swift"))
        // The file is there already; SwiftPM wants a command to take a folder's files for sources.
        return [
            .prebuildCommand(
                displayName: "Register \(names.count) entity handlers",
                executable: URL(filePath: "/bin/true"), arguments: [], outputFilesDirectory: folder)
        ]
    }

    private func registry(of names: [String]) -> String {
        """
        \(names.map { "import \($0)Handler" }.joined(separator: "\n"))
        package import SyncKit

        /// One instance of each handler that has a folder in Plugins/, in the order of the folders' names.
        package let installedHandlers: [any EntityHandler] = [
        \(names.map { "    \($0)()," }.joined(separator: "\n"))
        ]

        """
    }

    /// Leaves a file alone that is right already: a new date would make everything above it build again.
    private func write(_ text: String, to file: URL) throws {
        if (try? String(contentsOf: file, encoding: .utf8)) != text {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }
}
