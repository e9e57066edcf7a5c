import Glibc

/// The signals that end the server, or have it read its keys again.
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

    /// Waits for SIGTERM or SIGINT and returns its name; calls `hangUp` at each SIGHUP until then.
    func wait(hangUp: () -> Void) -> String {
        var expected = sigset_t()
        sigemptyset(&expected)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&expected, signal) }
        while true {
            var signal: Int32 = 0
            guard sigwait(&expected, &signal) == 0 else { continue }
            switch signal {
            case SIGHUP: hangUp()
            case SIGINT: return "SIGINT"
            default: return "SIGTERM"
            }
        }
    }
}
