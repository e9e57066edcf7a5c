import Dispatch

/// The answer to a request that waits for something, such as a commit. No thread waits with it.
package struct PendingResponse: Sendable {
    /// How much memory the request holds meanwhile, in bytes, roughly.
    package let heldBytes: Int
    private let whenReady: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let write: @Sendable (inout Response) -> Void

    /// - Parameters:
    ///   - whenReady: calls what it is given once, on any thread, when the answer can be written without waiting.
    ///   - write: writes the answer, on any thread.
    package init(
        heldBytes: Int, whenReady: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        write: @escaping @Sendable (inout Response) -> Void
    ) {
        self.heldBytes = heldBytes
        self.whenReady = whenReady
        self.write = write
    }

    /// To be called once; `resume` is called on any thread, and must not do more than pass the message on.
    package func whenReady(_ resume: @escaping @Sendable () -> Void) { whenReady(resume) }

    /// Writes the answer, when it is ready.
    package func write(to response: inout Response) { write(&response) }

    /// Waits for the answer, and writes it.
    package func wait(andWriteTo response: inout Response) {
        let ready = DispatchSemaphore(value: 0)
        whenReady { ready.signal() }
        ready.wait()
        write(to: &response)
    }
}
