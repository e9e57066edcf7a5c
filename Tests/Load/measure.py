"""One measurement: records and checks before, wrk and the processes' counters meanwhile, and what is stored after."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import time

from servers import LOAD, BenchError, Client, cpu_seconds, in_parallel, memory, token

THREADS, CONNECTIONS = 2, 64
WRITES = {"W1": 1, "W2": 2, "W6": 2}  # live records more by each request: 3 creates less 1 delete are 2
DEVICES_PER_USER = {"W6": 5}
SEEDED = 200  # records of each user
LARGE = 1000  # records of those who make a first pull


def users(workload):
    if workload == "W4":
        return [f"large-{number}" for number in range(50)]
    return [f"user-{number}" for number in range(100 if workload == "W6" else 1000)]


# Records that are there before


def task(number):
    return (
        '{"opId":"seed-%d","entity":"tasks","operation":"create","clientId":"seeder","timestamp":"2026-11-23T10:00:00.000Z",'
        '"data":{"id":"seed-%d","title":"Water the plants in the living room","description":"The big ones twice a week, the small'
        ' ones every other day, and the orchid once.","category":"home","isFocus":false,"status":"pending","dueDate":'
        '"2026-12-01T09:00:00.000Z"}}' % (number, number))


def bulks(records):
    """The bodies that create a user's records: the same for every user."""
    numbers = range(records)
    return [
        ('{"deviceId":"seeder","operations":[%s],"lastSyncTimestamp":"2100-01-01T00:00:00Z"}'
         % ",".join(task(number) for number in numbers[first:first + 500])).encode()
        for first in range(0, records, 500)]


def seed(server, subjects, records):
    bodies = bulks(records)

    def fill(client, subject):
        subject_token = token(subject)
        for body in bodies:
            status, answer = client.call(subject_token, "bulk", body)
            if status != 200 or not answer.startswith(b'{"success":true'):
                raise BenchError(f"{server.system.title} does not take the first records: {status} {answer[:300]!r}")

    in_parallel(server.port, subjects, fill)


def check(server):
    """Whether the system does the job at all, before its speed is of interest."""
    client, me = Client(server.port), token("checker")

    def sync(device, *operations, **more):
        return client.json(me, "bulk", {"deviceId": device, "operations": list(operations)} | more)

    def expect(what, is_so):
        if not is_so:
            raise BenchError(f"{server.system.title} fails the check: {what}.")

    create = json.loads(task(1))
    first = sync("a", create)
    expect("a create is applied", first["success"] and first["results"][0]["status"] == "applied")
    expect("a create that is sent again changes nothing", sync("a", create)["results"][0].get("duplicate"))
    status = client.json(me, "status")
    expect("the status has the one record", status["quota"]["records"] == 1 and status["timestamp"] == first["timestamp"])
    page = sync("b")["serverChanges"]
    expect("another device gets it", [change["data"]["title"] for change in page] == [create["data"]["title"]])
    expect("nothing new is an empty page", not sync("b", lastSyncTimestamp=first["timestamp"])["serverChanges"])

    def update(op_id, title):
        return create | {"opId": op_id, "operation": "update", "data": {"id": "seed-1", "title": title}}

    second = sync("b", update("u1", "Second"), lastSyncTimestamp=first["timestamp"])
    expect("an update is applied", second["success"])
    late = sync("a", update("u2", "Third"), baseVersion=0, lastSyncTimestamp=first["timestamp"])
    expect("its change reaches the device that did not have it", "Second" in json.dumps(late) or "Third" in json.dumps(late))
    broken = sync("a", create | {"opId": "u3", "data": {"id": "x"}}, update("u4", "x") | {"data": {"id": "unknown", "title": "x"}})
    expect("what is wrong is a conflict", not broken["success"] and len(broken["conflicts"]) == 2)
    gone = create | {"opId": "d1", "operation": "delete", "data": {"id": "seed-1"}}
    expect("a delete is applied", sync("b", gone, lastSyncTimestamp=late["timestamp"])["success"])
    expect("the deleted record does not count", client.json(me, "status")["quota"]["records"] == 0)
    expect("a token that is not signed is refused", client.call(me[:-6] + "AAAAAA", "status")[0] == 401)


# wrk


def heads(server, subjects):
    """Each user's position, and how many live records all of them have."""
    statuses = in_parallel(server.port, subjects, lambda client, subject: client.json(token(subject), "status"))
    return [status["timestamp"] for status in statuses], sum(status["quota"]["records"] for status in statuses)


@dataclasses.dataclass
class Plan:
    """What is to be run."""

    workload: str
    warm_up: int  # seconds
    seconds: int
    name: str = "run"  # makes the ids unique
    subjects: list = None
    seeded: int = SEEDED
    sample: pathlib.Path = None  # where one answer is kept

    def __post_init__(self):
        self.subjects = self.subjects or users(self.workload)

    @property
    def writes(self):
        return self.workload in WRITES

    @property
    def lanes(self):
        return DEVICES_PER_USER.get(self.workload, 1)


def write_devices(path, plan, positions):
    with open(path, "w") as file:
        for subject, position in zip(plan.subjects, positions):
            subject_token = token(subject)
            for lane in range(plan.lanes):
                file.write(f"{subject} device-{lane} {subject_token} {position}\n")


def wrk(port, plan, devices, seconds, name, **environment):
    """Runs wrk; returns what the script's done() has printed."""
    settings = {
        "BENCH_WORKLOAD": plan.workload, "BENCH_DEVICES": devices, "BENCH_LANES": plan.lanes, "BENCH_SEEDED": plan.seeded,
        "BENCH_RUN": name} | environment
    result = subprocess.run(
        ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(LOAD / "wrk/requests.lua"),
         f"http://127.0.0.1:{port}"],
        env=os.environ | {name: str(value) for name, value in settings.items()}, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout.strip().splitlines()[-1])


# A run


def copy_of(folder):
    """A copy to write to, so that each run starts from the same records."""
    copy = folder.parent / "run"
    shutil.rmtree(copy, ignore_errors=True)
    subprocess.run(["cp", "-r", "--reflink=auto", folder, copy], check=True)
    return copy


def measure(system, folder, plan):
    """Runs a workload against a system; `folder` has the records that are there before."""
    folder = copy_of(folder) if plan.writes else folder
    with system.run(folder, plan.workload) as server:
        return load(server, plan)


def load(server, plan):
    """Warms a running server up, checking all answers, and measures it."""
    has_users = server.system.name != "ceiling"
    devices = server.folder / "devices.txt"

    def look():
        if not has_users:
            return ["2026-11-23T10:00:00.000Z"] * len(plan.subjects), 0
        return heads(server, plan.subjects)

    write_devices(devices, plan, look()[0])
    keep = {"BENCH_SAMPLE": plan.sample} if plan.sample else {}
    first = wrk(server.port, plan, devices, plan.warm_up, plan.name + "w", BENCH_CHECK=1, **keep)
    # wrk's last requests are still under way.
    time.sleep(0.3)
    positions, before = look()
    write_devices(devices, plan, positions)
    pids = server.responder.pid, server.nginx.pid
    used = [cpu_seconds(pid) for pid in pids]
    result = wrk(server.port, plan, devices, plan.seconds, plan.name)
    responder, nginx = (cpu_seconds(pid) - earlier for pid, earlier in zip(pids, used))
    result |= {
        "cpu": responder, "nginxCPU": nginx, "memory": memory(pids[0]), "missing": 0, "all": first["requests"] + result["requests"],
        "answerBytes": result["bytes"] / max(result["requests"], 1), "bad": first["bad"] + result["bad"],
        "errors": first["errors"] + result["errors"]}
    if not has_users:
        return result
    return result | (stored(plan, first, result, before, look) if plan.writes else sizes(first, result))


def stored(plan, first, result, before, look):
    """What is stored against what was acknowledged. The last requests of a run may be stored without their answer having
    been seen, and those of the warm-up after the records were counted."""
    time.sleep(0.3)
    records, each = look()[1] - before, WRITES[plan.workload]
    missing = max(0, result["answered"] * each - records)
    surplus = max(0, records - (result["sent"] + first["sent"] - first["answered"]) * each)
    return {"stored": records, "missing": missing + surplus}


def sizes(first, result):
    """These answers have one size, and those of the warm-up were looked at: with another size others would be wrong. Half an
    answer that each connection has when wrk ends blurs it."""
    tolerance = 0.005 + CONNECTIONS / max(first["requests"], 1)
    is_right = abs(result["answerBytes"] * first["requests"] / max(first["bytes"], 1) - 1) < tolerance
    return {} if is_right else {"bad": result["requests"]}


def measure_raw(binary, folder, plan):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    result = subprocess.run(
        [binary, folder / "raw.sqlite", plan.workload.lower(), str(plan.warm_up), str(plan.seconds), str(len(plan.subjects)), str(plan.seeded)],
        stdout=subprocess.PIPE, text=True, check=True)
    shutil.rmtree(folder)
    return json.loads(result.stdout) | {"bad": 0, "errors": 0, "nginxCPU": 0, "answerBytes": 0}
