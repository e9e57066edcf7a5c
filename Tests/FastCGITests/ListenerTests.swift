import FastCGI
import Foundation
import Glibc
import SyncTesting
import Testing

/// What a listener is opened on, and the sentences of those that cannot be.
@Suite struct ListenerTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/s"
    }

    /// The sentence with which a listener is refused; nil if it is not.
    private func complaint(_ text: String) -> String? {
        do {
            _ = try Listener(parsing: text)
            return nil
        } catch {
            return error.message
        }
    }

    private func mode() throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    // MARK: - unix

    @Test func theSocketIsForItsOwnerAndGroup() throws {
        #expect(complaint("unix:\(path)") == nil)
        #expect(try mode() == 0o660)
    }

    @Test func theSocketOfAServerThatIsGoneIsReplaced() throws {
        OtherProcess.abandon(path)
        #expect(throws: FastCGIClient.Failure.self) { try FastCGIClient(unix: path) }
        #expect(complaint("unix:\(path)") == nil)
        #expect(try mode() == 0o660)
        #expect(throws: Never.self) { try FastCGIClient(unix: path) }
    }

    @Test func theSocketOfALiveServerIsLeftAlone() throws {
        let other = OtherProcess.listening(on: path)
        defer { close(other) }
        #expect(
            complaint("unix:\(path)")
                == "Another process is listening on '\(path)'. Stop it, choose another path, or take its place with '--take-over'.")
        #expect(throws: Never.self) { try FastCGIClient(unix: path) }
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        try Data("precious".utf8).write(to: URL(filePath: path))
        #expect(complaint("unix:\(path)") == "'\(path)' is there already and is no socket. Remove it, or choose another path.")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func aPathThatIsTooLongIsNamed() throws {
        let long = folder.path + "/" + String(repeating: "x", count: 108 - folder.path.utf8.count - 1)
        #expect(complaint("unix:\(long)")?.contains("'\(long)' has 108 bytes, and at most 107 are possible") == true)
        #expect(complaint("unix:\(long.dropLast())") == nil)
    }

    @Test func aFolderThatIsMissingIsNamed() {
        #expect(complaint("unix:\(path)/no/s") == "The socket '\(path)/no/s' cannot be listened on: No such file or directory.")
    }

    // MARK: - tcp, fd and anything else

    @Test func aPortThatIsTakenIsNamed() throws {
        let other = try OtherProcess.listeningOnFreePort()
        defer { close(other.descriptor) }
        let address = "127.0.0.1:\(other.port)"
        #expect(complaint("tcp:\(address)") == "The address '\(address)' cannot be listened on: Address already in use.")
    }

    @Test(arguments: [
        "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:http", "localhost:9000", "[::1]:9000", ":9000",
    ])
    func anAddressThatIsNoneIsNamed(address: String) {
        #expect(
            complaint("tcp:\(address)") == "The listener 'tcp:\(address)' must be an IPv4 address and a port, as in 'tcp:127.0.0.1:9000'.")
    }

    @Test(arguments: ["", "x", "-1", "99999", "3000000000"])
    func aDescriptorThatIsNoneIsNamed(number: String) {
        #expect(complaint("fd:\(number)")?.hasPrefix("There is no listening socket at 'fd:\(number)'.") == true)
    }

    @Test func aDescriptorThatIsNoListenerIsRefused() {
        let file = open("/dev/null", O_RDONLY)
        let quiet = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { [file, quiet].forEach { close($0) } }
        #expect(complaint("fd:\(file)") != nil)
        #expect(complaint("fd:\(quiet)") != nil)
    }

    @Test(arguments: ["", "unix", "unix:", "tcp", "fd", "/run/s.sock", "http://127.0.0.1", "UNIX:/s", "udp:127.0.0.1:1", "systemd:3"])
    func anotherKindOfListenerIsRefused(text: String) {
        #expect(complaint(text) == "The listener '\(text)' must be 'unix:PATH', 'tcp:ADDRESS:PORT', 'fd:NUMBER' or 'systemd'.")
    }
}
