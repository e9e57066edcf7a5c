// Open pages hear of changes through nginx's module nchan (https://nchan.io), which holds their connections; the server tells it
// over a unix socket what to say. A notice is a hint and no more: one that is lost costs a device the time until its next
// look. So nobody waits for the publisher, nothing is tried again, and what nobody takes is forgotten.

import CoreMetrics
import Dispatch
import Foundation
package import Logging
package import SyncStore
import Synchronization

/// Publishes notices on a thread of its own.
package final class NoticePublisher: Sendable {
    /// What waits for the thread: one notice for each user, however often they write.
    private let waiting = Mutex<[UserID: Notice]>([:])
    private let arrivals = DispatchSemaphore(value: 0)
    private let maxWaiting: Int
    private let pause: UInt32
    private let socket: NoticeSocket
    private let channels: NoticeChannels
    private let logger: Logger
    private let sent, lost: Counter

    /// - Parameters:
    ///   - path: nginx's unix socket with a location for publishers, as in nginx/notices/publisher.conf.
    ///   - maxWaiting: for more users than these nothing waits at a time.
    ///   - pause: seconds after a failure in which nothing is tried.
    /// - Throws: ``NoticeError`` if there can be no such socket.
    package init(
        path: String, channels: NoticeChannels, metrics: Metrics, logger: Logger, maxWaiting: Int = 10_000, pause: UInt32 = 1
    ) throws(NoticeError) {
        socket = try NoticeSocket(path: path)
        self.channels = channels
        self.logger = logger
        self.maxWaiting = maxWaiting
        self.pause = pause
        (sent, lost) = metrics.noticeCounters
        let thread = Thread { [self] in run() }
        thread.name = "notices"
        thread.start()
    }

    /// The name of a user's channel.
    func channel(of user: UserID) -> String { channels.channel(of: user) }

    /// Has a notice published soon; returns at once.
    package func announce(_ notice: Notice, to user: UserID) {
        let isFirst = waiting.withLock { waiting in
            if waiting[user]?.merge(notice) != nil { return false }
            guard waiting.count < maxWaiting else {
                lost.increment()
                return false
            }
            waiting[user] = notice
            return waiting.count == 1
        }
        if isFirst { arrivals.signal() }
    }

    private func run() {
        var isFailing = false
        while true {
            arrivals.wait()
            let batch = waiting.withLock { waiting in
                defer { waiting.removeAll(keepingCapacity: true) }
                return waiting
            }
            do {
                try publish(batch)
                if isFailing { logger.info("Change notices go out again.") }
                isFailing = false
            } catch {
                if !isFailing { logger.warning("\(error) Devices hear of changes at their next look.") }
                isFailing = true
                sleep(pause)
            }
        }
    }

    private func publish(_ batch: [UserID: Notice]) throws(NoticeError) {
        var left = batch.count
        defer { lost.increment(by: left) }
        for (user, notice) in batch {
            try socket.publish(notice.json, on: channels.channel(of: user))
            left -= 1
            sent.increment()
        }
    }
}

/// A sentence for the operator.
package struct NoticeError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
