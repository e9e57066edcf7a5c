import Foundation
import SyncTesting

/// Tests/Faults/faults.c, compiled, with the files that steer it.
struct Shim {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let source = Binary.packageFolder + "/Tests/Faults/faults.c"
        _ = try Shell.run("gcc", ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"])
    }

    private var library: String { folder.path + "/faults.so" }

    /// For the shell that starts a program.
    var preparation: String { "export FAULTS='\(folder.path)' LD_PRELOAD=\"${LD_PRELOAD:+$LD_PRELOAD:}\(library)\"" }

    /// Has the clock be off by so many seconds; none for the machine's own.
    func clock(offBy seconds: Int?) throws { try set("clock", seconds.map { "\($0)" }) }

    /// Has calls fail, as faults.c says: `write -wal 5`; none for a disk that is well again.
    func disk(fails line: String?) throws { try set("disk", line) }

    private func set(_ name: String, _ text: String?) throws {
        let path = "\(folder.path)/\(name)"
        guard let text else { return try FileManager.default.removeItem(atPath: path) }
        // In one step: the server may be reading it.
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }
}
