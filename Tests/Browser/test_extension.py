"""The browser extension of nginx/extension in real Chromium."""

import subprocess

import pytest

from conftest import CHROMIUM, ROOT, TIMEOUT, wait_until


class Extension:
    def __init__(self, context, token):
        self.context, self.token = context, token
        [worker] = context.service_workers or [context.wait_for_event("serviceworker")]
        self.address = worker.url.rsplit("/", 1)[0]

    @property
    def worker(self):
        """The background, which the browser may have ended and begun again."""
        return next(worker for worker in self.context.service_workers if worker.url.startswith(self.address))

    def popup(self):
        page = self.context.new_page()
        page.goto(f"{self.address}/popup.html")
        return page

    def signed_in_popup(self):
        page = self.popup()
        page.get_by_label("Token").fill(self.token)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("New task").wait_for()
        return page


@pytest.fixture
def extension(playwright, server, user, tmp_path):
    folder = subprocess.run([ROOT / "script/extension", server.url], check=True, capture_output=True, text=True).stdout.strip()
    options = [f"--disable-extensions-except={folder}", f"--load-extension={folder}", "--headless=new"]
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile", headless=False, **{**CHROMIUM, "args": CHROMIUM["args"] + options})
    context.set_default_timeout(TIMEOUT)
    yield Extension(context, server.token(user))
    context.close()


def test_a_task_of_the_popup_reaches_another_device(extension, device):
    popup = extension.signed_in_popup()
    popup.get_by_label("New task").fill("Buy milk")
    popup.get_by_label("New task").press("Enter")
    popup.get_by_text("idle").wait_for()
    laptop = device()
    wait_until(lambda: laptop.sync() and [task["title"] for task in laptop.records().values()] == ["Buy milk"], "the task has come")


def test_the_alarm_synchronises_while_nothing_is_open(extension, device):
    extension.signed_in_popup().close()
    laptop = device()
    laptop.run("await db.tasks.put({ title: 'From the laptop' })")
    laptop.sync()
    # Of an extension that was loaded unpacked an alarm may be as early as this.
    extension.worker.evaluate("chrome.alarms.create('synchronise', { delayInMinutes: 0.01, periodInMinutes: 0.02 })")
    titles = """async () => {
        const [{ name }] = await indexedDB.databases();
        const db = await new Promise((resolve) => { const request = indexedDB.open(name); request.onsuccess = () => resolve(request.result); });
        const rows = await new Promise((resolve) => { const request = db.transaction("tasks").objectStore("tasks").getAll(); request.onsuccess = () => resolve(request.result); });
        db.close();
        return rows.map(({ title }) => title);
    }"""
    wait_until(lambda: extension.worker.evaluate(titles) == ["From the laptop"], "the background has it")


def test_an_edit_made_offline_is_sent_by_the_background_after_the_popup_was_closed(extension, device):
    popup = extension.signed_in_popup()
    popup.get_by_text("idle").wait_for()
    extension.context.set_offline(True)
    popup.get_by_label("New task").fill("Offline")
    popup.get_by_label("New task").press("Enter")
    popup.get_by_text("1 waiting").wait_for()
    popup.close()
    extension.context.set_offline(False)
    extension.worker.evaluate("chrome.alarms.create('synchronise', { delayInMinutes: 0.01, periodInMinutes: 0.02 })")
    laptop = device()
    wait_until(lambda: laptop.sync() and [task["title"] for task in laptop.records().values()] == ["Offline"], "the task has come")
