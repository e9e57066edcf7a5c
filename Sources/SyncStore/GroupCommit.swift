// One thread writes. The workers hand it their bulks; it takes all that wait, runs them in one transaction, commits once,
// and only then has them answered. So the fsync of a commit is shared by everybody who came while the one before
// it was under way, without any timer. A bulk that fails hurts no other: all are rolled back then, which is seldom, and run
// again, each under a savepoint. Savepoints for all would cost SQLite a copy of every page that a bulk changes.

import CoreMetrics
import Dispatch
import Foundation
import GRDB
import Synchronization

/// The queue in front of the database's only writer.
final class GroupCommit: Sendable {
    private let database: DatabaseQueue
    private let connection: Connection
    private let checkpointer: Checkpointer
    private let maxWaiting: Int
    private let instruments: StoreInstruments
    private let waiting = Mutex(Queue())
    private let arrivals = DispatchSemaphore(value: 0)

    private struct Queue {
        var jobs: [Job] = []
        var isStopped = false
    }

    /// Starts the writer's thread, which lives until ``stop()``.
    init(_ database: DatabaseQueue, checkpointer: Checkpointer, maxWaiting: Int, instruments: StoreInstruments) {
        self.database = database
        self.checkpointer = checkpointer
        connection = database.unsafeRead(Connection.init)
        self.maxWaiting = maxWaiting
        self.instruments = instruments
        let thread = Thread { [self] in run() }
        thread.name = "writer"
        thread.start()
    }

    /// Has `work` run in a write transaction of the writer's thread. If another's work fails it is rolled back and run again,
    /// so it must do nothing but write to the database.
    ///
    /// - Throws: ``StoreError`` without running it if too many wait or the writer is stopped.
    func submit<Value>(_ work: @escaping (Connection) throws -> Value) throws -> PendingWrite<Value> {
        let job = ValueJob(work)
        try enqueue(job)
        return PendingWrite(job)
    }

    /// Runs `work` as ``submit(_:)`` does, and returns once it is durable.
    func write<Value>(_ work: @escaping (Connection) throws -> Value) throws -> Value { try submit(work).wait() }

    private func enqueue(_ job: Job) throws {
        try waiting.withLock { queue in
            guard !queue.isStopped else { throw StoreError.unavailable("The database is closed.") }
            guard queue.jobs.count < maxWaiting else { throw StoreError.overloaded }
            queue.jobs.append(job)
        }
        arrivals.signal()
    }

    /// How many writes wait for the writer now.
    var waitingCount: Int { waiting.withLock { $0.jobs.count } }

    /// Once the thread has ended, or nobody writes any more.
    func forgetStatements() { connection.forgetStatements() }

    /// Lets the thread end once it has done what waits: it would hold the database's connections for ever.
    func stop() {
        waiting.withLock { $0.isStopped = true }
        arrivals.signal()
    }

    private func run() {
        while true {
            arrivals.wait()
            let (batch, isStopped) = waiting.withLock { queue in
                defer { queue.jobs.removeAll(keepingCapacity: true) }
                return (queue.jobs, queue.isStopped)
            }
            if !batch.isEmpty {
                instruments.commitBatch.record(batch.count)
                commit(batch)
            }
            for job in batch { job.finish() }
            if isStopped { return }
            database.writeWithoutTransaction { checkpointer.afterCommit($0) }
        }
    }

    private func commit(_ batch: [Job]) {
        do {
            try transaction { for job in batch { try job.run(connection) } }
        } catch  where batch.count > 1 {
            commitSeparately(batch)
        } catch {
            batch[0].error = error
        }
    }

    /// Commits what can be of a batch in which something has failed.
    private func commitSeparately(_ batch: [Job]) {
        do {
            try transaction { for job in batch { try run(job) } }
        } catch {
            // Nothing of the batch is on disk, whatever the single jobs thought.
            for job in batch where job.error == nil { job.error = error }
        }
    }

    private func transaction(_ body: () throws -> Void) throws {
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            do {
                try body()
                let start = ContinuousClock.now
                try db.execute(sql: "COMMIT")
                instruments.commit.recordNanoseconds(start.nanosecondsUntilNow)
            } catch {
                if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
                throw error
            }
        }
    }

    /// Runs one job under its own savepoint and keeps its error with it.
    ///
    /// - Throws: when SQLite has ended the whole transaction, as it does on a full disk:
    ///   https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
    private func run(_ job: Job) throws {
        try PreparedStatement("SAVEPOINT bulk", connection).run()
        do {
            try job.run(connection)
        } catch {
            job.error = error
            guard connection.db.isInsideTransaction else { throw error }
            try PreparedStatement("ROLLBACK TO bulk", connection).run()
        }
        try PreparedStatement("RELEASE bulk", connection).run()
    }
}
