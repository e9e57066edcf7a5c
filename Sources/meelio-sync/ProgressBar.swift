import Dispatch
import Foundation
import SyncStore
import Synchronization

/// How far something is that takes long, on the standard error; nothing at all if that is no terminal.
final class ProgressBar: Sendable {
    private static let width = 30
    private let label: String
    private let total: Int
    private let isShown = isatty(STDERR_FILENO) == 1
    private let shown = Mutex(-1)

    /// - Parameter total: of what ``show(_:)`` is told, the whole; 0 if nobody knows.
    init(_ label: String, of total: Int) {
        self.label = label
        self.total = total
        show(0)
    }

    func show(_ done: Int) {
        guard isShown else { return }
        let percent = total > 0 ? min(100, done * 100 / total) : done
        shown.withLock { shown in
            guard percent != shown else { return }
            shown = percent
            write("\r\(label) \(total > 0 ? Self.bar(percent) : "\(done)")")
        }
    }

    /// Leaves the line empty again.
    func end() {
        if isShown { write("\r\u{1B}[K") }
    }

    private static func bar(_ percent: Int) -> String {
        let filled = width * percent / 100
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "] \(percent) %"
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    /// Shows while `body` makes a file how much of it is there.
    static func whileMaking<Value>(_ file: String, ofBytes total: Int, _ label: String, _ body: () throws -> Value) rethrows -> Value {
        let bar = ProgressBar(label, of: total)
        guard bar.isShown else { return try body() }
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
        timer.setEventHandler { bar.show(Store.size(of: file)) }
        timer.schedule(deadline: .now(), repeating: .milliseconds(200))
        timer.activate()
        defer {
            timer.cancel()
            bar.end()
        }
        return try body()
    }
}
