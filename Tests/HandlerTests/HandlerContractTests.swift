import Foundation
import Handlers
import SyncKit
import SyncTesting
import Testing

/// Runs over the registry: a handler that is dropped into Plugins/ is tested before anybody has written a line for it.
@Suite struct HandlerContractTests {
    private static let contracts = installedHandlers.map(HandlerContract.init)

    @Test(arguments: contracts) func storesValidValues(contract: HandlerContract) throws { try contract.storesValidValues() }

    @Test(arguments: contracts) func rejectsInvalidValues(contract: HandlerContract) throws { try contract.rejectsInvalidValues() }

    @Test(arguments: contracts) func handlesMissingFields(contract: HandlerContract) throws { try contract.handlesMissingFields() }

    @Test(arguments: contracts) func treatsUnknownMembersAsDeclared(contract: HandlerContract) throws {
        try contract.treatsUnknownMembersAsDeclared()
    }

    @Test(arguments: contracts) func normalizesOnce(contract: HandlerContract) throws { try contract.normalizesOnce() }

    @Test(arguments: contracts) func keepsUniqueRules(contract: HandlerContract) throws { try contract.keepsUniqueRules() }
}

@Suite struct RegistrationTests {
    @Test func everyFolderInPluginsIsRegistered() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Plugins").path
        let folders = try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
            FileManager.default.fileExists(atPath: "\(folder)/\(name)/\(name)Handler.swift")
        }
        let registered = installedHandlers.map { String(describing: type(of: $0)) }
        #expect(Set(registered) == Set(folders), "Plugins/ and the build do not agree. Build through script/build, not with swift build.")
    }

    @Test func theHandlersCanBeServedTogether() throws {
        #expect(try Registry(installedHandlers).schemas.count == installedHandlers.count)
    }
}
