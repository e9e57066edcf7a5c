"""The pictures of Docs/images: each view of the page, on a desktop and a phone, light and dark."""

import io
import tempfile
from pathlib import Path

from conftest import ROOT, Server
from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = ROOT / "Docs/images"
SIZES = {"desktop": {"width": 1200, "height": 800}, "phone": {"width": 390, "height": 844}}
SAMPLES = """async () => {
    for (const title of ["Write the chapter on storage", "Call Ann about Thursday", "Buy oat milk"]) await db.tasks.put({ title, status: "pending" });
    await db.tasks.put({ title: "Pay the rent", status: "completed" });
    await db.notes.put({ title: "Ideas", content: "A bench that anybody can run." });
    await db.notes.put({ id: "trip", title: "Trip to the lake", content: "Pack the tent, two mats and the stove.\\nLeave on Friday at nine." });
    await db.siteBlockers.put({ url: "https://news.example", category: "news" });
    await db.siteBlockers.put({ url: "https://games.example" });
    await db.tabStashes.put({ windowId: "Reading list", urls: ["https://www.sqlite.org/wal.html", "https://www.rfc-editor.org/rfc/rfc9110"] });
    await db.sync();
}"""
TEXTS = {
    "Laptop": "Pack the tent, three mats and the stove.\nLeave on Friday at ten.",
    "Phone": "Pack the tent, two mats, the stove and the boat.\nLeave on Friday at nine.",
}


def save(page, name):
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def make_conflict(page, url):
    """Both devices of the demonstration change one note while they are offline."""
    page.goto(f"{url}/#devices")
    devices = {name: page.get_by_role("article", name=name) for name in TEXTS}
    for name, device in devices.items():
        device.get_by_role("button", name="Trip to the lake").wait_for()
        device.get_by_role("switch").uncheck()
        device.get_by_role("button", name="Trip to the lake").click()
        device.get_by_label("Text").fill(TEXTS[name])
        device.get_by_text("1 not sent").first.wait_for()
    for name in ("Phone", "Laptop"):
        devices[name].get_by_role("switch").check()
        devices[name].get_by_text("Up to date").wait_for()
    devices["Laptop"].get_by_role("button", name="Keep theirs").wait_for()


def take_all(page, url, scheme):
    page.emulate_media(color_scheme=scheme)
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        suffix = scheme if size == "desktop" else f"{size}-{scheme}"
        for view in ("tasks", "notes", "blockers", "stashes", "focus", "conflicts", "devices"):
            page.goto(f"{url}/#{view}")
            page.locator("main h1").first.wait_for()
            if view == "notes":
                page.get_by_role("button", name="Trip to the lake").click()
            if view in ("conflicts", "devices"):
                page.get_by_role("button", name="Save this choice").first.wait_for()
            page.evaluate("() => scrollTo(0, 0)")
            page.wait_for_timeout(300)
            save(page, f"{view}-{suffix}")


def main():
    FOLDER.mkdir(exist_ok=True)
    server = Server(Path(tempfile.mkdtemp()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZES["desktop"])
        page.goto(f"{server.url}/#token={server.token('anna')}")
        page.wait_for_function("() => window.db?.status.state === 'idle' && db.status.lastSync")
        page.evaluate(SAMPLES)
        make_conflict(page, server.url)
        for scheme in ("light", "dark"):
            take_all(page, server.url, scheme)
        browser.close()
    server.stop()


main()
