import Glibc
import Testing

/// The ways to run the responder that the shipped configurations are for: each web server, and each way to get a socket.
enum WebServer: String, CaseIterable, CustomTestStringConvertible {
    case nginx, apache, caddy, lighttpd
    /// lighttpd, which starts the responder itself (`bin-path`).
    case lighttpdSpawning
    /// nginx, and the responder is started by spawn-fcgi.
    case spawnFCGI
    /// nginx, and the responder is started as systemd does with the shipped units.
    case systemd

    /// Those that connect to a socket which the responder, or a test in its place, has made.
    static let connecting: [WebServer] = [.nginx, .apache, .caddy, .lighttpd]

    var testDescription: String { rawValue }

    /// The shipped files that it needs; it is started with the first.
    var files: [String] {
        switch self {
        case .nginx, .spawnFCGI, .systemd: ["nginx/nginx.conf", "nginx/meelio-sync.conf", "nginx/fastcgi.conf"]
        case .apache: ["Config/apache.conf"]
        case .caddy: ["Config/Caddyfile"]
        case .lighttpd: ["Config/lighttpd.conf"]
        case .lighttpdSpawning: ["Config/lighttpd-spawn.conf", "Config/lighttpd.conf"]
        }
    }

    /// The command that runs it in the foreground, with `folder` for everything that it writes.
    func command(_ configuration: String, _ folder: String) -> [String] {
        switch self {
        // Started by root, nginx would give its workers to a user who may not connect.
        case .nginx, .spawnFCGI, .systemd:
            ["nginx", "-p", folder, "-c", configuration, "-e", folder + "/error.log"] + (getuid() == 0 ? ["-g", "user root;"] : [])
        case .apache: ["apache2", "-f", configuration, "-DFOREGROUND"]
        case .caddy: ["caddy", "run", "--config", configuration, "--adapter", "caddyfile"]
        case .lighttpd, .lighttpdSpawning: ["lighttpd", "-D", "-f", configuration]
        }
    }

    /// What stands in the shipped files, and what a test has in its place.
    func replacements(port: Int, state: String, folder: String) -> [(shipped: String, own: String)] {
        let socket = ("/run/meelio-sync/meelio-sync.sock", state + "/meelio-sync.sock")
        let address = ("127.0.0.1:8080", "127.0.0.1:\(port)")
        switch self {
        case .nginx, .spawnFCGI, .systemd: return [address, ("unix:meelio-sync.sock", "unix:\(state)/meelio-sync.sock")]
        case .apache:
            return [
                address, socket, ("/run/apache2/meelio-sync.pid", folder + "/apache.pid"),
                ("/var/log/apache2/meelio-sync.log", folder + "/error.log"),
            ]
        case .caddy: return [address, socket]
        case .lighttpd, .lighttpdSpawning:
            let spawning = [
                ("/run/lighttpd/meelio-sync.sock", state + "/meelio-sync.sock"), ("/usr/local/bin/meelio-sync", Binary.path),
                ("/etc/meelio-sync/meelio-sync.yaml", Binary.packageFolder + "/Config/meelio-sync.yaml"), ("/var/lib/meelio-sync", state),
            ]
            return [socket, ("server.port = 8080", "server.port = \(port)"), ("/var/log/lighttpd/error.log", folder + "/error.log")]
                + (self == .lighttpdSpawning ? spawning : [])
        }
    }

    /// Whether its own errors are JSON and say when to come again. lighttpd has no means for that.
    var explainsItself: Bool { self != .lighttpd && self != .lighttpdSpawning }

    /// Whether it gives each request an id.
    var givesIDs: Bool { explainsItself }

    /// Whether the responder is started anew without us when it has ended.
    var bringsResponderBack: Bool { self == .lighttpdSpawning || self == .systemd }
}
