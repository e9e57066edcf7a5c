import ArgumentParser
import FastCGI
import Foundation
import Handlers
import Logging
import Logs
import SyncEngine
import SyncKit
import SyncServer
import SyncStore

/// `meelio-sync serve`: the responder, in the foreground, until SIGTERM or SIGINT.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer the web server's requests until SIGTERM (the default).",
        discussion: """
            Examples:
              meelio-sync serve --config Config/meelio-sync.yaml --listen tcp:127.0.0.1:9000
              meelio-sync serve --config Config/meelio-sync.yaml --take-over
            """)

    @Flag(help: "Take the place of the server that listens on the same unix socket, without a request that fails, and have it end.")
    var takeOver = false

    @OptionGroup var options: SettingsOptions

    func run() throws {
        // First of all: every thread made from here on inherits the mask, so that signals reach `wait()` alone.
        let signals = TerminationSignals()
        let settings = try options.load()
        let writer = try LogWriter(path: settings.logFilePath)
        LoggingSystem.bootstrap { _ in LineHandler(settings.logFormat, to: writer) }
        var logger = Logger(label: "meelio-sync")
        logger.logLevel = settings.logLevel
        do {
            try serve(settings, signals, logger, writer)
        } catch {
            logger.critical("\(sentence(error))")
            throw ExitCode.failure
        }
    }

    private func serve(_ settings: Settings, _ signals: TerminationSignals, _ logger: Logger, _ writer: LogWriter) throws {
        try settings.createStateDirectory()
        let registry = try Registry(installedHandlers)
        let metrics = Metrics()
        let store = try Store(
            path: settings.databasePath, registry: registry,
            options: Store.Options(maxWaitingWrites: settings.maxWaitingWrites, instruments: metrics.storeInstruments) { message in
                logger.critical("\(message)")
                // Nothing is closed on the way: that would be a copy of the log.
                _exit(EXIT_FAILURE)
            }, now: Clock.now())
        for orphan in store.orphans {
            logger.warning("The entity '\(orphan)' has records and no handler: they are kept, and not served.")
        }
        let engine = SyncEngine(registry: registry, store: store, limits: settings.limits, now: Clock.now)
        let authenticator = Authenticator(
            keys: try settings.keys(), rules: settings.authentication, cacheSize: settings.tokenCache, now: Clock.now)
        let descriptions = try Descriptions(of: engine, authentication: settings.authentication)
        let listeners = try Listener.all(parsing: settings.listener, takesOver: takeOver)
        let server = try FastCGIServer(listeners: listeners, options: fastCGIOptions(settings), logger: logger)
        let notices = try settings.noticesPath.map { path in
            try NoticePublisher(path: path, channels: NoticeChannels(secret: store.cursorKey), metrics: metrics, logger: logger)
        }
        watch(store, server, threads: settings.threads, by: metrics)
        try server.start {
            let application = Application(
                engine: engine, authenticator: authenticator, descriptions: descriptions, metrics: metrics, notices: notices,
                logger: logger, logRequests: settings.logRequests)
            return application.respond(to:into:)
        }
        endPredecessors(of: listeners, logger)
        Purger(store: store, retentionDays: settings.retentionDays, hours: settings.purgeHours, logger: logger).start()
        logger.info("Serving \(registry.schemas.map(\.entity.name).joined(separator: ", ")) on \(settings.listener).")
        let signal = signals.wait {
            reopen(writer, logger)
            reloadKeys(of: authenticator, settings, logger)
        }
        logger.info("Stopping on \(signal): requests under way are finished first.")
        if server.drain() {
            try store.close()
            logger.info("Stopped.")
        } else {
            // A thread may be in the database still. What is committed is in the write-ahead log, and safe there.
            logger.warning("Stopped, with requests that were not finished within \(settings.drainSeconds) seconds.")
        }
    }

    private func endPredecessors(of listeners: [Listener], _ logger: Logger) {
        for predecessor in listeners.compactMap(\.predecessor) {
            if predecessor.end() {
                logger.info("The place of the process \(predecessor.process) is taken: it answers what it has, and ends.")
            } else {
                logger.error("The process \(predecessor.process) may not be ended by this one. Nobody reaches it any more: end it by hand.")
            }
        }
    }

    /// A key set that cannot be used changes nothing: the keys of before go on.
    private func reloadKeys(of authenticator: Authenticator, _ settings: Settings, _ logger: Logger) {
        do {
            let keys = try settings.keys()
            authenticator.replaceKeys(with: keys)
            logger.info("The keys were read again: \(keys.description).")
        } catch {
            logger.error("The keys stay as they were. \(sentence(error))")
        }
    }

    private func watch(_ store: Store, _ server: FastCGIServer, threads: Int, by metrics: Metrics) {
        metrics.watch(store)
        metrics.watch(.threads) { Double(threads) }
        metrics.watch(.connections) { Double(server.openConnections) }
        metrics.watch(.busyThreads) { Double(server.busyThreads) }
        metrics.watch(.pendingRequests) { Double(server.pendingRequests) }
        metrics.watch(.buildInfo, labels: [("version", programVersion), ("sqlite", store.sqliteVersion), ("epoch", store.epoch)]) { 1 }
        metrics.watchProcess()
    }

    private func reopen(_ writer: LogWriter, _ logger: Logger) {
        do { try writer.reopen() } catch { logger.error("\(error) The lines go on into the old file.") }
    }

    private func fastCGIOptions(_ settings: Settings) -> FastCGIServer.Options {
        var options = FastCGIServer.Options()
        options.threads = settings.threads
        options.maxBodyBytes = settings.limits.maxBodyBytes
        options.receiveTimeout = settings.stallSeconds
        options.sendTimeout = settings.stallSeconds
        options.drainTimeout = settings.drainSeconds
        return options
    }
}
