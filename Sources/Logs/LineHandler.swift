import Glibc
import JSON
package import Logging

/// Makes each entry of the log one line, as text or as JSON. What comes from outside cannot begin a line of its own.
package struct LineHandler: LogHandler {
    package enum Format: String, Sendable, CaseIterable {
        case text, json
    }

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel = Logger.Level.info
    private let format: Format
    private let writer: LogWriter

    package init(_ format: Format, to writer: LogWriter) {
        self.format = format
        self.writer = writer
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var members = metadata
        if let provided = metadataProvider?.get() { members.merge(provided) { $1 } }
        if let own = event.metadata { members.merge(own) { $1 } }
        if let error = event.error { members["error"] = "\(error)" }
        writer.write(line(event.level, event.message.description, members)) { lost in
            line(.warning, "\(lost) lines of the log were lost: they could not be written.", [:])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ members: Logger.Metadata) -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let entry = LogLine(seconds: time.tv_sec, nanoseconds: time.tv_nsec, level: level, message: message, members: members)
        return format == .json ? entry.json : entry.text
    }
}
