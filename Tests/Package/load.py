#!/usr/bin/python3
"""Writes through the web server without a pause until SIGTERM, and then says whether anything failed or is missing.

    load.py TOKEN

Each of eight clients creates one task per request. The last line is how many were acknowledged; the exit status is 0 if every
request was answered with 200 and every acknowledged task is there.
"""

import http.client
import json
import signal
import sys
import threading

CLIENTS = 8
PAGE = 1000
PATH = "/api/v1/sync"


class Load:
    def __init__(self, token: str):
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.stopped = threading.Event()
        self.acknowledged: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self.client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self.stopped.wait()
        for thread in threads:
            thread.join()

    def client(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
        written = 0
        while not self.stopped.is_set():
            written += 1
            identity = f"task-{number}-{written}"
            operation = {"entity": "tasks", "operation": "create", "data": {"id": identity, "title": identity},
                         "clientId": f"client-{number}", "timestamp": "2026-01-01T00:00:00Z"}
            try:
                connection.request("POST", f"{PATH}/bulk", json.dumps({"operations": [operation], "limit": 1}), self.headers)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{identity}: {error!r}")
                connection.close()
                continue
            if answer.status == 200 and json.loads(body)["results"][0]["status"] == "applied":
                self.acknowledged.append(identity)
            else:
                self.failures.append(f"{identity}: {answer.status} {body[:200]!r}")

    def missing(self) -> set[str]:
        """The acknowledged tasks that a client which starts anew does not get."""
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
        missing = set(self.acknowledged)
        cursor, more = "", True
        while more:
            connection.request("GET", f"{PATH}/changes?limit={PAGE}{cursor}", headers=self.headers)
            page = json.loads(connection.getresponse().read())
            missing -= {change["data"]["id"] for change in page["serverChanges"]}
            cursor, more = f"&cursor={page['cursor']}", page["hasMore"]
        return missing


load = Load(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: load.stopped.set())
load.run()
for failure in load.failures[:20]:
    print("failed:", failure)
missing = load.missing()
for identity in sorted(missing)[:20]:
    print("missing:", identity)
print(len(load.acknowledged))
sys.exit(1 if load.failures or missing or not load.acknowledged else 0)
