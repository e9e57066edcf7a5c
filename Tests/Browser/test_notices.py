"""Change notices: an open page hears of what other devices do, through nginx's module nchan, and looks by itself without it."""

import pytest

from conftest import Server, wait_until

# Longer than any test waits: what arrives has not come by a look.
SELDOM = 3600


def listening(device, server):
    """A device that hears of changes and looks for none."""
    one = device()
    one.paths = []
    one.page.on("response", lambda response: one.paths.append(response.url.rsplit("/", 1)[1].split("?")[0]))
    one.run(f"await db.set({{ syncFrequency: {SELDOM} }})")
    wait_until(lambda: one.run("return db.status.lastSync !== null && db.status.state === 'idle'"), "it has begun")
    wait_until(lambda: server.listeners(one.user) == 1, "it listens")
    # Once to know how much there is, and once because something may have changed before it listened.
    wait_until(lambda: one.run("return db.status.state === 'idle'") and one.paths.count("status") == 2, "it has looked")
    return one


def test_an_edit_reaches_an_open_device_at_once(device, server):
    phone = listening(device, server)
    laptop = device()
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync()
    wait_until(lambda: "t1" in phone.records(), "the phone has heard of it", 10)


def test_a_conflict_that_was_settled_elsewhere_is_gone_at_once(device, server):
    phone = listening(device, server)
    laptop = device()
    phone.run("await db.notes.put({ id: 'n1', title: 'Trip', content: 'Pack.' })")
    phone.sync(), laptop.sync()
    laptop.run("await db.notes.update('n1', { content: 'Pack the boat.' })")
    phone.run("await db.notes.update('n1', { content: 'Pack the tent.' })")
    phone.sync()
    laptop.sync()
    wait_until(lambda: phone.run("return db.status.conflicts") == 1, "the phone has heard of the conflict", 10)
    laptop.run("await db.resolve((await db.conflicts())[0].key, 'server')")
    laptop.sync()
    wait_until(lambda: phone.run("return db.status.conflicts") == 0, "the phone has heard of the choice", 10)


def test_a_devices_own_edits_cost_it_no_look(device, server):
    phone = listening(device, server)
    phone.paths.clear()
    phone.run("await db.tasks.put({ id: 't1', title: 'Mine' })")
    wait_until(lambda: phone.run("return db.status.pending === 0 && db.status.state === 'idle'"), "it is sent")
    laptop = device()
    laptop.run("await db.tasks.put({ id: 't2', title: 'Not mine' })")
    laptop.sync()
    wait_until(lambda: "t2" in phone.records(), "the phone has heard of the other")
    assert phone.paths == ["bulk", "status", "bulk"]


def test_the_tabs_of_a_device_share_one_connection(device, server):
    phone = listening(device, server)
    second = phone.open_tab(syncFrequency=SELDOM)
    wait_until(lambda: second.evaluate("db.status.lastSync") is not None, "the second tab has begun")
    assert server.listeners(phone.user) == 1
    phone.page.close()
    wait_until(lambda: server.listeners(phone.user) == 1, "the second tab listens")
    laptop = device()
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync()
    wait_until(lambda: second.evaluate("db.tasks.get('t1')"), "the second tab has heard of it", 10)


def test_who_works_offline_does_not_listen(device, server):
    phone = listening(device, server)
    phone.run("db.workOffline(true)")
    wait_until(lambda: server.listeners(phone.user) == 0, "nobody listens")
    phone.run("db.workOffline(false)")
    wait_until(lambda: server.listeners(phone.user) == 1, "it listens again")


def test_who_synchronises_by_hand_for_a_while_listens_afterwards_again(device, server):
    phone = listening(device, server)
    phone.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    phone.sync()
    # At the second time the server answers that nothing is new.
    for _ in range(2):
        phone.paths.clear()
        phone.run("await db.set({ syncFrequency: 0 })")
        wait_until(lambda: phone.run("return true") and "status" in phone.paths, "it has looked once more")
        wait_until(lambda: server.listeners(phone.user) == 0, "nobody listens")
        phone.run(f"await db.set({{ syncFrequency: {SELDOM} }})")
        wait_until(lambda: server.listeners(phone.user) == 1, "it listens again")


def test_an_edit_made_while_nginx_was_away_arrives_when_it_is_back(device, tmp_path_factory, user):
    server = Server(tmp_path_factory.mktemp("state"))
    phone = device(on=server)
    phone.run(f"await db.set({{ syncFrequency: {SELDOM} }})")
    wait_until(lambda: server.listeners(user) == 1, "it listens")
    server.stop()
    server.start()
    wait_until(lambda: server.listeners(user) == 1, "it listens again")
    laptop = device(on=server)
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync()
    wait_until(lambda: "t1" in phone.records(), "the phone has heard of it", 10)
    server.stop()


@pytest.fixture
def quiet_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("state"), MEELIO_SYNC_NOTICES="")
    yield server
    server.stop()


def test_without_notices_a_device_looks_by_itself_and_cheaply(device, quiet_server):
    phone, laptop = device(on=quiet_server), device(on=quiet_server)
    statuses = []
    phone.page.on("response", lambda response: statuses.append(response.status) if "/status" in response.url else None)
    phone.run("await db.set({ syncFrequency: 0.2 })")
    wait_until(lambda: phone.run("return true") and 304 in statuses, "nothing was new")
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync()
    wait_until(lambda: "t1" in phone.records(), "the phone has looked")
