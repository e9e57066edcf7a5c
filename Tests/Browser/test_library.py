"""meelio-sync.js in a real browser, with a real IndexedDB, against the real server."""

from conftest import wait_until


def test_a_record_of_one_device_reaches_another(device):
    laptop, phone = device(), device()
    task = laptop.run("return db.tasks.put({ title: 'Buy milk' })")
    assert task["_syncStatus"] == "pending"
    laptop.sync()
    phone.sync()
    assert phone.records()[task["id"]]["title"] == "Buy milk"
    assert laptop.records()[task["id"]]["_syncStatus"] == "synced"


def test_what_the_server_adds_comes_back(device):
    laptop = device()
    task = laptop.run("return db.tasks.put({ title: 'Buy milk' })")
    laptop.sync()
    stored = laptop.records()[task["id"]]
    assert stored["status"] == "pending" and stored["_serverVersion"] == stored["version"]


def test_edits_made_offline_wait_and_are_sent_later(device):
    laptop, phone = device(), device()
    laptop.offline(True)
    assert laptop.run("await db.tasks.put({ id: 't1', title: 'Offline' }); return (await db.sync()).state") == "offline"
    laptop.run("await db.tasks.update('t1', { status: 'completed' })")
    assert laptop.run("return db.status.pending") == 2
    laptop.offline(False)
    assert laptop.sync()["pending"] == 0
    phone.sync()
    assert phone.records()["t1"]["status"] == "completed"


def test_different_fields_of_two_devices_are_both_kept(device):
    laptop, phone = device(), device()
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync(), phone.sync()
    laptop.run("await db.tasks.update('t1', { title: 'Buy oat milk' })")
    phone.run("await db.tasks.update('t1', { status: 'completed' })")
    phone.sync(), laptop.sync(), phone.sync()
    for one in (laptop, phone):
        assert one.records()["t1"]["title"] == "Buy oat milk"
        assert one.records()["t1"]["status"] == "completed"


def conflicting_notes(device):
    laptop, phone = device(), device()
    laptop.run("await db.notes.put({ id: 'n1', title: 'Trip', content: 'Pack.' })")
    laptop.sync(), phone.sync()
    phone.run("await db.notes.update('n1', { content: 'Pack the tent.' })")
    laptop.run("await db.notes.update('n1', { content: 'Pack the boat.' })")
    phone.sync()
    return laptop, phone


def test_a_conflict_keeps_both_texts(device):
    laptop, _ = conflicting_notes(device)
    laptop.sync()
    [conflict] = laptop.run("return db.conflicts()")
    assert conflict["data"]["content"] == "Pack the boat."
    assert conflict["serverData"]["content"] == "Pack the tent."
    assert conflict["fields"] == [{"name": "content", "client": "Pack the boat.", "server": "Pack the tent."}]
    note = laptop.records("notes")["n1"]
    assert (note["content"], note["_syncStatus"]) == ("Pack the tent.", "conflict")


def test_a_settled_conflict_reaches_both_devices(device):
    laptop, phone = conflicting_notes(device)
    laptop.sync()
    laptop.run("await db.resolve((await db.conflicts())[0].key, 'merged', { content: 'Pack both.' })")
    laptop.sync(), phone.sync()
    for one in (laptop, phone):
        note = one.records("notes")["n1"]
        assert (note["content"], note["_syncStatus"]) == ("Pack both.", "synced")
    assert laptop.run("return db.conflicts()") == []


def test_a_choice_made_offline_is_sent_later(device):
    laptop, phone = conflicting_notes(device)
    laptop.sync()
    laptop.offline(True)
    laptop.run("await db.resolve((await db.conflicts())[0].key, 'client')")
    assert laptop.run("return db.conflicts()") == []
    laptop.offline(False)
    laptop.sync(), phone.sync()
    assert phone.records("notes")["n1"]["content"] == "Pack the boat."


def test_a_choice_is_taken_back(device):
    laptop, phone = conflicting_notes(device)
    laptop.sync()
    laptop.run("window.undo = await db.resolve((await db.conflicts())[0].key, 'client')")
    laptop.sync()
    laptop.run("await undo()")
    laptop.sync(), phone.sync()
    assert phone.records("notes")["n1"]["content"] == "Pack the tent."


def test_a_conflict_of_one_device_can_be_settled_on_another(device):
    laptop, phone = conflicting_notes(device)
    laptop.sync()
    phone.run("await db.set({ syncFrequency: 1 })")
    phone.page.wait_for_function("() => db.status.conflicts === 1")
    phone.run("await db.resolve((await db.conflicts())[0].key, 'client')")
    phone.sync(), laptop.sync()
    assert laptop.records("notes")["n1"]["content"] == "Pack the boat."


def test_an_edit_that_is_not_valid_does_not_hold_up_the_others(device):
    laptop, phone = device(), device()
    laptop.run("await db.tasks.put({ id: 'bad', title: '' }); await db.tasks.put({ id: 'good', title: 'Good' })")
    assert laptop.sync()["pending"] == 0
    phone.sync()
    assert set(phone.records()) == {"good"}
    [conflict] = laptop.run("return db.conflicts()")
    assert (conflict["type"], conflict["isRejected"], conflict["errors"][0]["path"]) == ("validation", True, "data.title")
    laptop.run("await db.resolve((await db.conflicts())[0].key, 'merged', { title: 'Corrected' })")
    laptop.sync(), phone.sync()
    assert phone.records()["bad"]["title"] == "Corrected"


def test_a_request_that_the_server_refuses_whole_is_halved_until_the_bad_edit_is_found(device):
    laptop, phone = device(), device()
    laptop.run(
        """for (let index = 0; index < 20; index++) await db.tasks.put({ id: `t${index}`, title: 'Good' });
           await db.tasks.put({ id: 'deep', title: 'Deep', x: JSON.parse('['.repeat(300) + ']'.repeat(300)) });
           for (let index = 20; index < 40; index++) await db.tasks.put({ id: `t${index}`, title: 'Good' });"""
    )
    assert laptop.sync()["pending"] == 0
    phone.sync()
    assert len(phone.records()) == 40
    assert laptop.run("return (await db.conflicts()).map(({ recordId }) => recordId)") == ["deep"]


def test_a_delete_reaches_another_device(device):
    laptop, phone = device(), device()
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync(), phone.sync()
    laptop.run("await db.tasks.delete('t1')")
    assert laptop.records() == {}
    laptop.sync(), phone.sync()
    assert phone.records() == {}


def test_a_delete_that_has_not_been_sent_is_taken_back_by_a_put(device):
    laptop, phone = device(), device()
    laptop.run("await db.tasks.put({ id: 't1', title: 'Buy milk' })")
    laptop.sync()
    laptop.run("await db.tasks.delete('t1'); await db.tasks.put({ id: 't1', title: 'Buy bread' })")
    assert laptop.run("return db.status.pending") == 1
    laptop.sync(), phone.sync()
    assert phone.records()["t1"]["title"] == "Buy bread"


def test_an_answer_that_is_lost_doubles_nothing(device):
    laptop, phone = device(), device()
    lost = []

    def lose(route):
        route.fetch()
        lost.append(route.request)
        route.abort()

    laptop.context.route("**/bulk", lose, times=1)
    laptop.run("await db.tasks.put({ title: 'Once' })")
    assert laptop.run("return (await db.sync()).state") == "waiting"
    laptop.sync(), phone.sync()
    assert len(lost) == 1
    assert [record["title"] for record in phone.records().values()] == ["Once"]
    assert [record["_syncStatus"] for record in laptop.records().values()] == ["synced"]


def test_an_expired_token_is_asked_for_again_and_the_queue_stays(device, server, user):
    laptop = device()
    laptop.run("window.token = 'expired'; await db.tasks.put({ id: 't1', title: 'Waits' }); db.tokenChanged()")
    assert laptop.run("return (await db.sync()).state") == "unauthorized"
    assert laptop.run("return asked.at(-1)") == {"expired": True}
    assert laptop.run("return db.status.pending") == 1
    laptop.run("window.token = argument", laptop.token)
    assert laptop.sync()["pending"] == 0


def test_retry_after_is_obeyed(device):
    laptop = device()
    laptop.context.route(
        "**/bulk", lambda route: route.fulfill(status=503, headers={"Retry-After": "120"}, json={"code": 503, "message": "Busy."}), times=1
    )
    status = laptop.run("return db.sync()")
    assert (status["state"], status["error"]) == ("waiting", "Busy.")
    assert laptop.run("return db.status.retryAt - Date.now()") > 100_000


def test_a_full_copy_is_read_in_pages_and_what_is_gone_goes(device):
    laptop, phone = device(), device()
    for start in range(0, 2400, 400):
        laptop.run(
            "await Promise.all(Array.from({ length: 400 }, (_, index) => db.tasks.put({ id: `t${argument + index}`, title: 'Task' })))", start
        )
    laptop.sync()
    phone.run("window.progress = []; db.addEventListener('status', ({ detail }) => detail.progress && progress.push(detail.progress))")
    phone.sync()
    assert len(phone.records()) == 2400
    assert phone.run("return progress.at(-1)") == {"received": 2000, "total": 2400}
    # A cursor that the server does not know: everything is read anew, and what the server does not have goes.
    phone.run(
        """await db.database.transaction(["tasks", "settings"], "readwrite", async (stores) => {
               stores.settings.put("nonsense", "cursor");
               stores.of("tasks").put({ id: "ghost", title: "Gone", version: 1, _syncStatus: "synced", _serverVersion: 1, _lastModified: 1 });
           });
           await db.tasks.put({ id: 'mine', title: 'Not sent yet' })"""
    )
    phone.sync()
    assert len(phone.records()) == 2401
    assert "mine" in phone.records() and "ghost" not in phone.records()


def test_a_copy_that_differs_is_found_and_mended(device):
    laptop = device()
    laptop.run("await db.tasks.put({ id: 't1', title: 'True' }); await db.notes.put({ id: 'n1', title: 'Note' })")
    laptop.sync()
    laptop.run(
        """await db.database.transaction(["tasks"], "readwrite", async (stores) => {
               stores.of("tasks").put({ id: "t1", title: "False", version: 7, _syncStatus: "synced", _serverVersion: 7, _lastModified: 1 });
           });"""
    )
    assert laptop.run("return db.check()") == ["tasks"]
    assert laptop.records()["t1"]["title"] == "True"
    assert laptop.run("return db.check()") == []


def test_two_tabs_are_one_device(device):
    laptop = device()
    other = laptop.open_tab()
    other.evaluate("() => { window.seen = []; db.tasks.subscribe((tasks) => seen.push(tasks.map(({ title }) => title))) }")
    laptop.run("await db.tasks.put({ title: 'From the first tab' })")
    other.wait_for_function("() => seen.at(-1)?.[0] === 'From the first tab'")
    other.evaluate("() => db.tasks.put({ title: 'From the second tab' })")
    both = laptop.run("return Promise.all([db.sync()])")
    other.evaluate("() => db.sync()")
    assert both[0]["state"] == "idle"
    assert laptop.run("return db.settings.deviceId") == other.evaluate("() => db.settings.deviceId")
    other.wait_for_function("() => db.status.pending === 0")
    assert {record["_syncStatus"] for record in laptop.records().values()} == {"synced"}


def test_users_of_one_browser_do_not_meet(device, server):
    laptop = device()
    laptop.run("await db.tasks.put({ title: 'Mine' })")
    laptop.sync()
    laptop.run("await db.logout({ keep: true })")
    laptop.user = laptop.user + "-other"
    laptop.token = server.token(laptop.user)
    laptop.open_library()
    laptop.sync()
    assert laptop.records() == {}


def test_a_logout_keeps_or_clears_by_choice(device):
    laptop = device()
    laptop.run("await db.tasks.put({ title: 'Kept' }); await db.logout({ keep: true })")
    laptop.open_library()
    assert laptop.run("return db.status.pending") == 1
    laptop.run("await db.logout({ keep: false })")
    laptop.open_library()
    assert laptop.records() == {} and laptop.run("return db.status.pending") == 0


def test_an_entity_that_is_new_to_the_application_is_fetched(device):
    laptop, phone = device(), device()
    laptop.run("await db.notes.put({ title: 'Note' })")
    laptop.sync()
    phone.run("db.close()")
    phone.user += ""
    phone.open_library(entities=["tasks"], device="narrow")
    phone.sync()
    phone.run("db.close()")
    phone.open_library(entities=["tasks", "notes"], device="narrow")
    phone.sync()
    assert len(phone.records("notes")) == 1


def test_queries_filter_sort_and_limit(device):
    laptop = device()
    laptop.run("for (const [title, status] of [['b', 'pending'], ['a', 'completed'], ['c', 'pending']]) await db.tasks.put({ title, status })")
    titles = "map(({ title }) => title)"
    assert laptop.run(f"return (await db.tasks.query({{ where: {{ status: 'pending' }}, sort: 'title' }})).{titles}") == ["b", "c"]
    assert laptop.run(f"return (await db.tasks.query({{ sort: '-title', limit: 2 }})).{titles}") == ["c", "b"]
    assert laptop.run(f"return (await db.tasks.query({{ where: (task) => task.title > 'a', sort: 'title' }})).{titles}") == ["b", "c"]


def test_an_edit_made_while_another_is_being_sent_does_not_wait_for_the_next_look(device, server):
    phone = device()
    phone.sync()
    phone.run("await db.set({ syncFrequency: 3600 })")
    phone.run("""
        const send = window.fetch;
        window.fetch = async (address, options) => {
            const answer = await send(address, options);
            if (address.endsWith("/bulk")) {
                window.fetch = send;
                await db.tasks.put({ id: "t2", title: "Second" });
            }
            return answer;
        };
        await db.tasks.put({ id: "t1", title: "First" });
    """)
    wait_until(lambda: phone.run("return db.status.pending === 0 && (await db.tasks.get('t2'))?._syncStatus === 'synced'"), "both are sent", 10)


WRITE_NOTES = """
    const errors = [];
    for (let index = 0; index < argument && errors.length === 0; index += 1) {
        const content = Array.from(crypto.getRandomValues(new Uint32Array(12_000)), (number) => number.toString(36)).join("");
        await db.notes.put({ id: `n${index}`, title: "Long", content }).catch((error) => errors.push(error));
    }
    return errors.map(({ code, message }) => ({ code, message }));
"""


def test_a_full_disk_refuses_an_edit_with_a_sentence_and_keeps_the_others(device_on_small_disk):
    phone, disk = device_on_small_disk
    [error] = phone.run(WRITE_NOTES, 2_000)
    assert error["code"] == "storage_full" and error["message"].endswith(".")
    notes = phone.records("notes")
    assert len(notes) > 0 and phone.run("return db.status.pending") == len(notes)
    disk.make_room()
    phone.run("await db.notes.put({ id: 'last', title: 'There is room again' })")
    assert phone.sync()["pending"] == 0
    assert len(phone.records("notes")) == len(notes) + 1


def test_a_full_disk_stops_a_synchronisation_which_goes_on_when_there_is_room(device, device_on_small_disk):
    laptop, (phone, disk) = device(), device_on_small_disk
    assert laptop.run(WRITE_NOTES, 500) == []
    laptop.sync()
    status = phone.run("return db.sync()")
    assert status["state"] == "failed" and "room" in status["error"], status
    disk.make_room()
    phone.sync()
    assert len(phone.records("notes")) == 500
