package import CoreMetrics

/// What the store measures while it works.
package struct StoreInstruments: Sendable {
    /// Bulks that shared one commit.
    package let commitBatch: Recorder
    /// The time of COMMIT, which is that of the fsync for the most part.
    package let commit: CoreMetrics.Timer
    /// The time of one round of the checkpointer.
    package let checkpoint: CoreMetrics.Timer

    package init(commitBatch: Recorder, commit: CoreMetrics.Timer, checkpoint: CoreMetrics.Timer) {
        self.commitBatch = commitBatch
        self.commit = commit
        self.checkpoint = checkpoint
    }

    /// Instruments that measure nothing.
    package static let none: StoreInstruments = {
        let factory = NOOPMetricsHandler.instance
        return StoreInstruments(
            commitBatch: Recorder(label: "", factory: factory), commit: CoreMetrics.Timer(label: "", factory: factory),
            checkpoint: CoreMetrics.Timer(label: "", factory: factory))
    }()
}

extension ContinuousClock.Instant {
    /// The nanoseconds since this moment.
    var nanosecondsUntilNow: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - self).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
