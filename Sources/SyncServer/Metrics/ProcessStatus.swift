import Foundation
import Glibc

/// What Linux says about this process (proc(5)). What cannot be read is 0.
enum ProcessStatus {
    /// The system's start and the process' time since then, both in clock ticks of `_SC_CLK_TCK`.
    static let startTime: Double = {
        let system = text("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return (system?.dropFirst(6)).flatMap { Double($0) }.map { $0 + stat(21) / ticks } ?? 0
    }()

    static var cpuSeconds: Double { (stat(13) + stat(14)) / ticks }

    /// A field of /proc/self/statm: 0 is the address space, 1 what is in RAM.
    static func memory(field: Int) -> Double {
        let pages = text("/proc/self/statm").split(separator: " ")
        return pages.indices.contains(field) ? (Double(pages[field]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    static var openFiles: Double {
        Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
    }

    static var maxFiles: Double {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : 0
    }

    private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// A field of /proc/self/stat, counted from 0. The second one, the name, may have blanks and parentheses in it.
    private static func stat(_ field: Int) -> Double {
        let all = text("/proc/self/stat")
        guard let end = all.lastIndex(of: ")") else { return 0 }
        let fields = all[end...].split(separator: " ").dropFirst()
        let index = fields.startIndex + field - 2
        return fields.indices.contains(index) ? Double(fields[index]) ?? 0 : 0
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
