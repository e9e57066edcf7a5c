"""The systems that are measured: how each is started behind nginx, fed with records, asked and ended."""

import base64
import contextlib
import glob
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOAD = ROOT / "Tests" / "Load"
KEY = hashlib.sha256(b"the key of the benchmark").digest()
RESPONDER_SOCKET = "meelio-sync.sock"  # for all: it stands in nginx/nginx.conf

running = []


class BenchError(Exception):
    """What ends the benchmark, as a sentence."""


# Processes


def start(command, folder, **environment):
    """Starts a process in a session of its own, so that Ctrl-C reaches only us, and we end it in order."""
    log = open(folder / "log.txt", "ab")
    process = subprocess.Popen(
        [str(part) for part in command], cwd=folder, env=os.environ | environment,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    running.append(process)
    return process


def stop(process, by=signal.SIGTERM):
    process.send_signal(by)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    running.remove(process)


def stop_all():
    for process in list(running):
        stop(process)


def family(pid):
    """A process and its children: a PHP-FPM is a master and its workers."""
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid] + [grandchild for child in children for grandchild in family(int(child))]


def cpu_seconds(pid):
    ticks = 0
    for member in family(pid):
        fields = pathlib.Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Resident bytes; what several processes share is counted once (Pss)."""
    total = 0
    for member in family(pid):
        for line in pathlib.Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


# Speaking to them


def token(subject):
    """A JSON Web Token signed with HS256, as the server's own command makes them."""

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"sub": subject, "exp": int(time.time()) + 30 * 86400}
    text = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + encode(hmac.digest(KEY, text, "sha256"))).decode()


class Client:
    """One kept connection to a system's nginx."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.received = 0

    def call(self, subject_token, path, body=None):
        """Status and body; with a body it is a POST."""
        fields = {"Authorization": "Bearer " + subject_token, "Content-Type": "application/json"}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request("GET" if data is None else "POST", "/api/v1/sync/" + path, data, fields)
        response = self.connection.getresponse()
        answer = response.read()
        self.received += len(answer)
        return response.status, answer

    def json(self, subject_token, path, body=None):
        status, answer = self.call(subject_token, path, body)
        if status != 200:
            raise BenchError(f"{path} was answered with {status}: {answer[:300]!r}")
        return json.loads(answer)


def in_parallel(port, items, work, count=4):
    """Runs work(client, item) for each item on several connections; returns the results in order."""
    results, errors = [None] * len(items), []

    def run(first):
        client = Client(port)
        try:
            for index in range(first, len(items), count):
                results[index] = work(client, items[index])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(first,)) for first in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


# The systems


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name, *patterns):
    found = shutil.which(name) or next((path for pattern in patterns for path in sorted(glob.glob(pattern))), None)
    if not found:
        raise BenchError(f"There is no {name}.")
    return found


class System:
    """A responder behind nginx."""

    name = title = ""
    keeps_connections = True

    def prepare(self, folder):
        """Makes what the responder needs in a new folder."""

    def responder(self, folder, workload):
        """The command, and what it needs in the environment."""
        raise NotImplementedError

    @contextlib.contextmanager
    def run(self, folder, workload, wrapper=()):
        """Runs the responder, and an nginx with the project's own configuration, from this folder."""
        server = Server(self, folder)
        try:
            server.start(workload, wrapper)
            yield server
        finally:
            server.stop()


class Meelio(System):
    name, title = "meelio", "Meelio Sync"

    def __init__(self, binary):
        self.binary = binary

    def prepare(self, folder):
        key = folder / "signing.key"
        key.write_bytes(KEY)
        key.chmod(0o600)

    def responder(self, folder, workload):
        return [self.binary, "serve", "--config", ROOT / "Config/meelio-sync.yaml"], {"MEELIO_SYNC_STATE": "."}


class PHP(System):
    """PHP-FPM. It gets the number of workers that is best for it: writers only wait for each other's locks.

    Its connections are not kept: each of the few workers would belong to one connection, and all others would starve.
    """

    name, title = "php", "PHP-FPM, SQLite"
    keeps_connections = False
    script = LOAD / "php/index.php"

    def prepare(self, folder):
        with contextlib.closing(sqlite3.connect(folder / "php.sqlite")) as database:
            database.executescript((LOAD / "php/schema.sql").read_text())

    def responder(self, folder, workload):
        workers = 2 if workload in ("W1", "W2", "W6") else 8
        user = "user = root\ngroup = root\n" if os.geteuid() == 0 else ""
        (folder / "fpm.conf").write_text(
            f"[global]\nerror_log = fpm.log\n[bench]\n{user}listen = ./{RESPONDER_SOCKET}\nlisten.backlog = 4096\n"
            f"pm = static\npm.max_children = {workers}\nenv[BENCH_DATABASE] = {folder}/php.sqlite\n"
            f"env[BENCH_KEY] = {KEY.hex()}\n")
        # Without the JIT, which made these short requests slower.
        options = {"opcache.enable": 1, "opcache.validate_timestamps": 0, "opcache.file_update_protection": 0, "opcache.jit": "disable"}
        return [
            program("php-fpm", "/usr/sbin/php-fpm*"), "--nodaemonize", "--allow-to-run-as-root", "-p", ".", "-y", "fpm.conf",
            *(part for name, value in options.items() for part in ("-d", f"{name}={value}"))], {}


class Ceiling(System):
    name, title = "ceiling", "C responder, fixed answer"

    def __init__(self, binary, samples):
        self.binary, self.samples = binary, samples

    def responder(self, folder, workload):
        return [self.binary, RESPONDER_SOCKET, self.samples / workload], {}


class Server:
    """A system that runs: its two processes and its port."""

    def __init__(self, system, folder):
        self.system, self.folder, self.port = system, folder, free_port()
        self.responder = self.nginx = self.start_seconds = None

    def start(self, workload, wrapper=()):
        (self.folder / RESPONDER_SOCKET).unlink(missing_ok=True)
        command, environment = self.system.responder(self.folder, workload)
        begin = time.monotonic()
        self.responder = start([*wrapper, *command], self.folder, **environment)
        self.wait("the socket", lambda: (self.folder / RESPONDER_SOCKET).exists())
        self.start_seconds = time.monotonic() - begin
        self.configure_nginx()
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        self.nginx = start(
            [program("nginx", "/usr/sbin/nginx"), "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log", *user],
            self.folder)
        self.wait("an answer", self.answers)

    def configure_nginx(self):
        """The project's own configuration; only the port, the workers and what PHP needs is changed."""
        shutil.copy(ROOT / "nginx/fastcgi.conf", self.folder)
        main = replaced(
            (ROOT / "nginx/nginx.conf").read_text(), ("127.0.0.1:8080", f"127.0.0.1:{self.port}"),
            ("worker_processes auto", "worker_processes 2"))
        include = (ROOT / "nginx/meelio-sync.conf").read_text()
        if not self.system.keeps_connections:
            main = replaced(main, ("keepalive 32;", ""))
            include = replaced(
                include, ("fastcgi_keep_conn on;", f"fastcgi_keep_conn off; fastcgi_param SCRIPT_FILENAME {self.system.script};"))
        (self.folder / "nginx.conf").write_text(main)
        (self.folder / "meelio-sync.conf").write_text(include)

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return Client(self.port).call(token("nobody"), "status")[0] == 200
        return False

    def wait(self, what, is_there):
        for _ in range(6000):
            if is_there():
                return
            for process in filter(None, (self.responder, self.nginx)):
                if process.poll() is not None:
                    raise BenchError(f"{self.system.title} has ended; see {self.folder}/log.txt and the logs beside it.")
            time.sleep(0.01)
        raise BenchError(f"{self.system.title} does not come up: waited a minute for {what}.")

    def stop(self):
        for process in filter(None, (self.nginx, self.responder)):
            if process in running:
                stop(process)


def replaced(text, *pairs):
    for old, new in pairs:
        if old not in text:
            raise BenchError(f"nginx/ has no '{old}' any more, which the benchmark changes.")
        text = text.replace(old, new)
    return text
