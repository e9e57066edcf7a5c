"""The page, as a person uses it: two browsers, the network cable pulled, a conflict settled."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT, Device, Server, new_context, wait_until

VIEWS = ["tasks", "notes", "blockers", "stashes", "focus", "conflicts", "devices"]


class Person:
    """A browser of one user, with the page open."""

    def __init__(self, context, server, token):
        self.context, self.server = context, server
        self.complaints = []
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.heard)
        self.page.goto(f"{server.url}/#token={token}")
        self.wait_until_synced()

    def heard(self, message):
        # A request without a network is an error to the browser, and expected.
        if message.type in ("error", "warning") and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.complaints.append(message.text)

    def view(self, name):
        self.page.goto(f"{self.server.url}/#{name}")

    def wait_until_synced(self):
        self.page.wait_for_function("() => window.db?.status.state === 'idle' && db.status.lastSync && db.status.pending === 0")

    def wait_for_service_worker(self):
        self.page.evaluate("async () => { await navigator.serviceWorker.ready }")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def add_task(self, title):
        self.page.get_by_label("New task").fill(title)
        self.page.get_by_role("button", name="Add").click()
        self.page.get_by_label(f"Title of {title}").wait_for()

    def write_note(self, title, text):
        self.view("notes")
        self.page.get_by_role("button", name=title).click()
        self.page.get_by_label("Text").fill(text)
        self.until("(await db.notes.query()).some(({ content }) => content === argument)", text)

    def until(self, holds, argument=None):
        wait_until(lambda: self.page.evaluate(f"async (argument) => {holds}", argument), holds)


@pytest.fixture
def person(chromium, server, user):
    """Opens the page in a browser of its own: person(), or person(color_scheme="dark")."""
    made = []

    def make(**options):
        made.append(Person(new_context(chromium, **options), server, server.token(user)))
        return made[-1]

    yield make
    for one in made:
        assert one.complaints == []
        one.context.close()


def test_a_task_made_offline_survives_a_reload_and_reaches_the_other_browser(person):
    anna, phone = person(), person()
    anna.wait_for_service_worker()
    anna.context.set_offline(True)
    anna.add_task("Written on the train")
    anna.page.reload()
    anna.page.get_by_label("Title of Written on the train").wait_for()
    assert "1 not sent" in anna.page.locator("#status").inner_text()
    anna.context.set_offline(False)
    anna.wait_until_synced()
    phone.page.get_by_label("Title of Written on the train").wait_for()


def test_all_that_the_page_consists_of_is_kept_for_a_start_without_a_network(person):
    anna = person()
    anna.wait_for_service_worker()
    kept = anna.page.evaluate("async () => (await (await caches.open('meelio')).keys()).map(({ url }) => new URL(url).pathname.slice(1))")
    www = ROOT / "nginx/www"
    files = {str(path.relative_to(www)) for path in www.rglob("*") if path.is_file()}
    # The types are for the editor, and the service worker is kept by the browser.
    assert set(kept) == files - {"index.html", "meelio-sync/types.js", "sw.js"} | {""}


def test_a_conflict_is_settled_in_the_view_and_both_browsers_agree(person):
    anna, phone = person(), person()
    anna.page.evaluate("async () => { await db.notes.put({ id: 'trip', title: 'Trip', content: 'Pack.' }); await db.sync() }")
    phone.until("(await db.notes.query()).length === 1")
    anna.context.set_offline(True), phone.context.set_offline(True)
    anna.write_note("Trip", "Pack the tent.")
    phone.write_note("Trip", "Pack the boat.")
    anna.context.set_offline(False)
    anna.wait_until_synced()
    phone.context.set_offline(False)
    phone.view("conflicts")
    card = phone.page.get_by_role("listitem").filter(has_text="Trip")
    card.locator("mark").first.wait_for()
    assert card.locator("mark.removed").all_inner_texts() == ["tent"]
    assert card.locator("mark.added").all_inner_texts() == ["boat"]
    card.get_by_label("content, as I write it").fill("Pack the tent and the boat.")
    card.get_by_role("button", name="Save this choice").click()
    phone.page.get_by_text("Nothing to settle").wait_for()
    anna.until("(await db.notes.query())[0].content === 'Pack the tent and the boat.'")
    phone.until("(await db.notes.query())[0].content === 'Pack the tent and the boat.'")


def test_a_settled_conflict_can_be_undone(person):
    anna, phone = person(), person()
    anna.page.evaluate("async () => { await db.notes.put({ id: 'trip', title: 'Trip', content: 'Pack.' }); await db.sync() }")
    phone.until("(await db.notes.query()).length === 1")
    phone.context.set_offline(True)
    phone.write_note("Trip", "Mine.")
    anna.write_note("Trip", "Theirs.")
    anna.wait_until_synced()
    phone.context.set_offline(False)
    phone.view("conflicts")
    phone.page.get_by_role("button", name="Keep mine").click()
    anna.until("(await db.notes.query())[0].content === 'Mine.'")
    phone.page.get_by_role("button", name="Undo").click()
    anna.until("(await db.notes.query())[0].content === 'Theirs.'")


def test_two_devices_of_the_demonstration_meet_in_a_conflict(person):
    anna = person()
    anna.page.evaluate("async () => { await db.notes.put({ id: 'trip', title: 'Trip', content: 'Pack.' }); await db.sync() }")
    anna.view("devices")
    laptop, phone = (anna.page.get_by_role("article", name=name) for name in ("Laptop", "Phone"))
    for device, text in ((laptop, "Pack the tent."), (phone, "Pack the boat.")):
        device.get_by_role("button", name="Trip").wait_for()
        device.get_by_role("switch").uncheck()
        device.get_by_text("Offline").wait_for()
        device.get_by_role("button", name="Trip").click()
        device.get_by_label("Text").fill(text)
        device.get_by_text("1 not sent").wait_for()
    laptop.get_by_role("switch").check()
    laptop.get_by_text("Up to date").wait_for()
    phone.get_by_role("switch").check()
    phone.get_by_role("button", name="Keep theirs").click()
    wait_until(lambda: phone.get_by_label("Text").input_value() == "Pack the tent.", "the phone has the laptop's text")


def test_a_first_sync_of_ten_thousand_records_shows_its_progress(person, server, user):
    server.fill(user, 10_000)
    anna = person()
    seen = anna.page.evaluate(
        """async () => {
               const { MeelioSync } = await import("/meelio-sync.js");
               const device = await MeelioSync.open({ ...db.options, device: "new", syncFrequency: 0 });
               const progress = [];
               device.addEventListener("status", ({ detail }) => detail.progress && progress.push(detail.progress));
               await device.sync();
               return { progress, records: (await device.tasks.query()).length };
           }"""
    )
    assert seen["records"] == 10_000
    assert [step["total"] for step in seen["progress"]] == [10_000] * 9
    assert [step["received"] for step in seen["progress"]] == list(range(1_000, 10_000, 1_000))


def test_the_progress_of_a_first_sync_is_seen(chromium, server, user):
    server.fill(user, 3_000)
    context = new_context(chromium)
    page = context.new_page()
    held = []
    # The third page waits until the bar was looked at.
    page.route("**/bulk", lambda route: held.append(route) if len(held) == 0 and route.request.post_data_json.get("cursor") else route.continue_())
    page.goto(f"{server.url}/#token={server.token(user)}")
    page.get_by_text("1000 of 3000 records").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == "1000"
    for _ in range(1_200):
        if held:
            break
        # Playwright hears of requests while it is being waited for, and not while Python sleeps.
        page.wait_for_timeout(50)
    held[0].continue_()
    page.get_by_text("Up to date").wait_for()
    assert page.get_by_role("progressbar").count() == 0
    context.close()


def test_the_server_killed_in_mid_push_loses_and_doubles_nothing(chromium, tmp_path_factory, user):
    server = Server(tmp_path_factory.mktemp("killed"))
    laptop = Device(new_context(chromium), server, user)
    laptop.run(
        """for (let start = 0; start < 3_000; start += 500)
               await Promise.all(Array.from({ length: 500 }, (_, index) => db.tasks.put({ id: `t${start + index}`, title: "Task" })));
           window.pushing = db.sync();"""
    )
    laptop.page.wait_for_function("() => db.status.pending < 3_000 && db.status.pending > 0 || db.status.pending === 0")
    server.kill_responder()
    laptop.run("await pushing")
    server.start()
    assert laptop.sync()["pending"] == 0
    phone = Device(new_context(chromium), server, user)
    phone.sync()
    assert len(phone.records()) == 3_000
    assert phone.run("return db.check()") == []
    server.stop()


def test_a_queue_of_five_thousand_operations_is_sent(device):
    laptop, phone = device(), device()
    laptop.run(
        """for (let start = 0; start < 2_500; start += 500)
               await Promise.all(Array.from({ length: 500 }, (_, index) => db.tasks.put({ id: `t${start + index}`, title: "Task" })));
           for (let start = 0; start < 2_500; start += 500)
               await Promise.all(Array.from({ length: 500 }, (_, index) => db.tasks.update(`t${start + index}`, { status: "completed" })));"""
    )
    assert laptop.run("return db.status.pending") == 5_000
    assert laptop.sync()["pending"] == 0
    phone.sync()
    records = phone.records().values()
    assert len(records) == 2_500 and {record["status"] for record in records} == {"completed"}


def test_an_expired_token_asks_to_sign_in_again_and_keeps_the_edits(person, server, user):
    anna = person()
    anna.context.set_offline(True)
    anna.add_task("Kept")
    anna.page.evaluate("() => { localStorage.setItem('meelio-token', localStorage.getItem('meelio-token').slice(0, -3) + 'xxx'); db.tokenChanged() }")
    anna.complaints.clear()
    anna.context.set_offline(False)
    dialog = anna.page.get_by_role("dialog", name="Sign in again")
    dialog.get_by_text("Your edits are kept.").wait_for()
    dialog.get_by_label("Token").fill(server.token(user))
    dialog.get_by_role("button", name="Sign in").click()
    anna.wait_until_synced()
    anna.complaints = [complaint for complaint in anna.complaints if "401" not in complaint]


def test_two_tabs_show_the_same(person):
    anna = person()
    other = anna.context.new_page()
    other.goto(anna.server.url)
    other.get_by_text("Nothing to do.").wait_for()
    anna.add_task("Seen in both")
    other.get_by_label("Title of Seen in both").wait_for()


def test_a_deleted_task_comes_back_by_undo(person):
    anna = person()
    anna.add_task("Precious")
    anna.wait_until_synced()
    anna.page.get_by_role("button", name="Delete Precious").click()
    anna.page.get_by_text("Nothing to do.").wait_for()
    anna.page.get_by_role("button", name="Undo").click()
    anna.page.get_by_label("Title of Precious").wait_for()


def test_the_page_is_used_with_the_keyboard_alone(person):
    anna = person()
    anna.page.keyboard.press("Tab")
    assert anna.page.evaluate("() => document.activeElement.textContent") == "Skip to the content"
    anna.page.keyboard.press("Enter")
    anna.page.keyboard.press("Tab")
    anna.page.keyboard.type("By keyboard")
    anna.page.keyboard.press("Enter")
    anna.page.get_by_label("Title of By keyboard").wait_for()
    anna.page.keyboard.press("Tab"), anna.page.keyboard.press("Tab")
    anna.page.keyboard.press("Space")
    anna.until("(await db.tasks.query())[0].status === 'completed'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_nobody_is_kept_out(person, view, scheme):
    """axe-core finds nothing: names, roles, contrast, headings."""
    anna = person(color_scheme=scheme)
    anna.page.evaluate(
        """async () => {
               await db.tasks.put({ title: "Write", status: "pending" });
               await db.tasks.put({ title: "", status: "pending" });
               await db.notes.put({ title: "Trip", content: "Pack." });
               await db.siteBlockers.put({ url: "https://news.example", category: "news" });
               await db.tabStashes.put({ windowId: "Reading", urls: ["https://www.sqlite.org/"] });
               await db.sync();
           }"""
    )
    anna.view(view)
    anna.page.locator("main h1").first.wait_for()
    if view == "devices":
        anna.page.get_by_role("article", name="Phone").get_by_text("Up to date").wait_for()
    found = Axe().run(anna.page)
    assert found.violations_count == 0, found.generate_report()


def test_it_fits_a_phone(person):
    anna = person(viewport={"width": 360, "height": 740})
    for view in VIEWS:
        anna.view(view)
        anna.page.locator("main h1").first.wait_for()
        assert anna.page.evaluate("() => document.documentElement.scrollWidth") <= 360, view


def test_it_is_light(person):
    """Everything that the first visit loads, as the web server sends it, is below 150 KB."""
    anna = person()
    sizes = anna.page.evaluate(
        "() => [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')].map(({ name, transferSize }) => [name, transferSize])"
    )
    own = {name: size for name, size in sizes if not re.search("/api/", name)}
    assert len(own) > 15
    assert sum(own.values()) < 150_000, own
