import Foundation
import Logging
import SyncKit
import SyncStore

/// Purges what is older than the retention, every few hours, on a thread of its own.
struct Purger: Sendable {
    let store: Store
    let retentionDays: Int
    let hours: Int
    let logger: Logger

    /// The first time an hour after the start, when the devices that waited for the server have had their turn.
    func start() {
        let thread = Thread { [self] in
            sleep(3600)
            while true {
                purge()
                sleep(UInt32(hours * 3600))
            }
        }
        thread.name = "purger"
        thread.start()
    }

    private func purge() {
        do {
            let count = try store.purge(before: Self.limit(retentionDays))
            logger.info("Purged \(count.tombstones) tombstones, \(count.outcomes) outcomes and \(count.conflicts) conflicts.")
        } catch {
            logger.error("Nothing was purged; it is tried again in \(hours) hours. \(sentence(error))")
        }
    }

    static func limit(_ days: Int) -> Timestamp {
        Timestamp(milliseconds: Clock.now().milliseconds - Int64(days) * 86_400_000)
    }
}
