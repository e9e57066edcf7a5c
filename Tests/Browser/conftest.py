"""What the tests share: the server as script/server runs it, real Chromium, and devices in it.

A device is a browser context of its own: it shares no storage with another one. Its page has `db`, the opened library.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ["BINARY"]
ENTITIES = ["tasks", "notes", "siteBlockers"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """nginx and the responder, with a state of their own."""

    def __init__(self, state, **settings):
        self.state = state
        self.settings = settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        environment = {**os.environ, "PORT": str(self.port), "MEELIO_SYNC_STATE": str(self.state), "BINARY": BINARY, **self.settings}
        self.log = open(self.state / "script.log", "w+")
        self.process = subprocess.Popen([ROOT / "script/server"], env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        wait_until(lambda: "Ctrl-C stops it." in self.output, lambda: f"script/server is ready: {self.output}")

    @property
    def output(self):
        return (self.state / "script.log").read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def kill_responder(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            if Path(f"/proc/{child}/comm").read_text().strip() == "meelio-sync":
                os.kill(int(child), signal.SIGKILL)
        self.process.wait(60)

    def token(self, user, *arguments):
        environment = {**os.environ, "MEELIO_SYNC_STATE": str(self.state)}
        return subprocess.run([BINARY, "token", user, *arguments], env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def listeners(self, user):
        """How many wait for notices on a user's channel, as nginx counts them."""
        request = urllib.request.Request(f"{self.url}/api/v1/sync/status", headers={"Authorization": f"Bearer {self.token(user)}"})
        with urllib.request.urlopen(request) as answer:
            channel = json.load(answer)["notices"]
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.state / "notices.sock"))
            connection.sendall(f"GET /{channel} HTTP/1.0\r\n\r\n".encode())
            text = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        counts = [line.split(": ")[1] for line in text.splitlines() if line.startswith("active subscribers")]
        return int(counts[0]) if counts else 0

    def fill(self, user, count):
        """Gives a user so many tasks, as another client would."""
        token = self.token(user)
        for start in range(0, count, 500):
            operations = [
                {"entity": "tasks", "operation": "create", "clientId": "filler", "timestamp": 0, "data": {"id": f"task-{index}", "title": f"Task {index}", "status": "completed"}}
                for index in range(start, min(start + 500, count))
            ]
            request = urllib.request.Request(
                f"{self.url}/api/v1/sync/bulk",
                json.dumps({"operations": operations, "limit": 1}).encode(),
                {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request) as answer:
                assert json.load(answer)["success"]


def wait_until(holds, what, seconds=120):
    for _ in range(seconds * 20):
        value = holds()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"Waited in vain: {what() if callable(what) else what}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("state"))
    yield server
    server.stop()


CHROMIUM = {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"] if os.geteuid() == 0 else []}
# Machines that test are slow at times.
TIMEOUT = 120_000


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(**CHROMIUM)
    yield browser
    browser.close()


def new_context(browser, **options):
    context = browser.new_context(**options)
    context.set_default_timeout(TIMEOUT)
    return context


@pytest.fixture
def user():
    """Each test has a user of its own."""
    return f"user-{uuid.uuid4()}"


class Device:
    """A browser of one user, with the library opened on an empty page of the server."""

    def __init__(self, context, server, user):
        self.context, self.server, self.user = context, server, user
        self.token = server.token(user)
        self.errors = []
        # An empty page of the server's origin; everything else comes from the server.
        context.route("**/empty", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>Device</title>"))
        self.page = self.open_tab()

    def open_tab(self, entities=ENTITIES, **options):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{self.server.url}/empty")
        self.open_library(page, entities, **options)
        return page

    def open_library(self, page=None, entities=ENTITIES, **options):
        (page or self.page).evaluate(
            """async ({ user, token, entities, options }) => {
                const { MeelioSync } = await import("/meelio-sync.js");
                window.token = token;
                window.asked = [];
                window.db = await MeelioSync.open({
                    url: "/api/v1/sync", user, entities, syncFrequency: 0,
                    token: (reason) => { asked.push(reason); return window.token; }, ...options,
                });
            }""",
            {"user": self.user, "token": self.token, "entities": entities, "options": options},
        )

    def run(self, script, argument=None):
        """Evaluates the body of an async function of `argument`, where `db` is the library."""
        return self.page.evaluate(f"async (argument) => {{ {script} }}", argument)

    def sync(self):
        status = self.run("return db.sync()")
        assert status["state"] == "idle", status
        return status

    def records(self, entity="tasks"):
        return {record["id"]: record for record in self.run(f"return db.{entity}.query()")}

    def offline(self, is_offline):
        self.context.set_offline(is_offline)


class SmallDisk:
    """A disk for a browser's storage, which another file nearly fills."""

    def __init__(self, path):
        self.path = path
        self.other_file = path / "other"
        # Making a file system is the administrator's: these tests are run by root where everything is tested.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", path], check=True)
        self.other_file.write_bytes(bytes(100_000_000))

    def make_room(self):
        self.other_file.unlink()

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.path], check=True)


@pytest.fixture
def device_on_small_disk(playwright, server, user, tmp_path):
    """A device of the test's user and its disk."""
    disk = SmallDisk(tmp_path)
    context = playwright.chromium.launch_persistent_context(tmp_path / "profile", **CHROMIUM)
    context.set_default_timeout(TIMEOUT)
    one = Device(context, server, user)
    yield one, disk
    assert one.errors == []
    context.close()
    disk.unmount()


@pytest.fixture
def device(chromium, server, user):
    """Makes devices of the test's user: device(), or of another one: device("bob")."""
    contexts = []

    def make(name=None, on=None):
        context = new_context(chromium)
        contexts.append(context)
        made.append(Device(context, on or server, name or user))
        return made[-1]

    made = []
    yield make
    for one in made:
        assert one.errors == []
    for context in contexts:
        context.close()
