import Glibc

/// The signals that end the server.
///
/// They are blocked in all threads and fetched by one: libfcgi installs handlers of its own, which would take them else,
/// and a handler may do next to nothing.
struct TerminationSignals {
    private var set = sigset_t()

    /// Blocks the signals in the calling thread, and in all that it makes.
    init() {
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGUSR1, SIGHUP] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for SIGTERM or SIGINT and returns its name.
    func wait() -> String {
        var ending = sigset_t()
        sigemptyset(&ending)
        sigaddset(&ending, SIGTERM)
        sigaddset(&ending, SIGINT)
        var signal: Int32 = 0
        while sigwait(&ending, &signal) != 0 {}
        return signal == SIGINT ? "SIGINT" : "SIGTERM"
    }
}
