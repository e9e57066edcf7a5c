import Foundation
import SyncTesting

/// A file system of its own for one test, in memory; only root can mount it.
final class SmallDisk: Sendable {
    private let folder: TemporaryFolder

    init(megabytes: Int) throws {
        folder = try TemporaryFolder()
        _ = try Shell.run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path])
    }

    // Lazily: a server that is just ending may have files open.
    deinit { _ = try? Shell.run("umount", ["-l", folder.path]) }

    var path: String { folder.path }

    private var filler: String { folder.path + "/filler" }

    /// Takes all the space there is.
    func fill() throws {
        _ = try? Shell.run("dd", ["if=/dev/zero", "of=\(filler)", "bs=4k"])
        // The last blocks may have been given free meanwhile.
        _ = try? Shell.run("dd", ["if=/dev/zero", "of=\(filler)2", "bs=4k"])
    }

    /// Gives it back.
    func empty() throws {
        for path in [filler, filler + "2"] { try FileManager.default.removeItem(atPath: path) }
    }

    func grow(toMegabytes size: Int) throws { try remount("size=\(size)m") }

    func remount(_ option: String) throws { _ = try Shell.run("mount", ["-o", "remount,\(option)", folder.path]) }
}
