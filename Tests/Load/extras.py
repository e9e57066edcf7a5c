"""Measurements besides the table: fsyncs per request, memory over time, a very large first pull, a very large database."""

import os
import signal
import threading
import time

import measure
import report
from servers import Client, cpu_seconds, family, memory, stop, token


def wanted(bench, *by_default):
    """The workloads that were asked for, of those that make sense."""
    return [workload for workload in bench.options.workloads if workload in by_default]


def fsyncs(bench):
    """How many requests share one fsync. strace stops the responder at these two calls only (seccomp)."""
    rows, results = [], []
    for system in (bench.meelio, bench.php):
        folder = bench.seeded(system, large=False)
        for workload in wanted(bench, "W1", "W2", "W6"):
            copy = measure.copy_of(folder)
            strace = ["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync", "-o", "strace.txt"]
            with system.run(copy, workload, wrapper=strace) as server:
                result = measure.load(server, bench.plan(workload))
                # The responder itself: strace writes its counts once it has ended.
                os.kill(family(server.responder.pid)[1], signal.SIGTERM)
                server.responder.wait(60)
            counts = [line.split() for line in (copy / "strace.txt").read_text().splitlines()]
            calls = sum(int(fields[3]) for fields in counts if fields and fields[-1] in ("fsync", "fdatasync"))
            results.append(result)
            rows.append([
                system.title, workload, f"{result['requests'] / result['seconds']:,.0f}", f"{calls:,}",
                f"{result['all']:,}", f"{result['all'] / max(calls, 1):.2f}"])
    return report.Rows(
        "fsync and fdatasync, with strace looking on, which slows everything down.",
        ["system", "workload", "requests/s", "fsyncs", "requests", "requests per fsync"], rows, is_right(results))


def soak(bench, minutes):
    """A mixed load of 80 % of what the machine can do: memory, descriptors, the log and latency are to stay as they are."""
    folder, rows, results = bench.seeded(bench.meelio, large=False), [], []
    with bench.meelio.run(folder, "mix") as server:
        mixed(server, "warm", 10)
        capacity = rate(mixed(server, "full", 20))
        for minute in range(1, max(round(minutes), 1) + 1):
            sample = []
            # In the middle of the minute: between two of them wrk has no connections.
            timer = threading.Timer(30, lambda: sample.extend(state(server)))
            timer.start()
            result = mixed(server, f"m{minute}", 60, BENCH_RATE=0.8 * capacity)
            timer.join()
            results.append(result | {"missing": 0})
            rows.append([minute, f"{rate(result):,.0f}", f"{result['p50'] / 1000:.2f}", f"{result['p99'] / 1000:.2f}", *sample])
    share = sum(map(rate, results)) / len(results) / capacity
    title = (
        f"Of 100 requests 50 are polls, 20 statuses, 20 creates and 10 bulks of ten operations. Without a limit {capacity:,.0f} requests a"
        f" second were answered; the load is {share:.0%} of that, {sum(result['requests'] for result in results):,} requests in all.")
    heads = [
        "minute", "requests/s", "p50 ms", "p99 ms", "responder MB", "descriptors", "nginx MB", "database MB", "log (WAL) MB"]
    return report.Rows(title, heads, rows, is_right(results))


def mixed(server, name, seconds, **environment):
    plan, devices = measure.Plan("mix", 0, seconds), server.folder / "devices.txt"
    measure.write_devices(devices, plan, measure.heads(server, plan.subjects)[0])
    return measure.wrk(server.port, plan, devices, seconds, name, BENCH_CHECK=1, **environment)


def rate(result):
    return result["requests"] / result["seconds"]


def state(server):
    pid, database = server.responder.pid, server.folder / "meelio-sync.sqlite"
    log = database.with_name(database.name + "-wal")
    return [
        megabytes(memory(pid)), len(os.listdir(f"/proc/{pid}/fd")), megabytes(memory(server.nginx.pid)),
        megabytes(database.stat().st_size), megabytes(log.stat().st_size)]


def first_pull(bench, records):
    """One user with very many records, whose new device pulls all of them in pages of 1,000."""
    rows = []
    for system in (bench.meelio, bench.php):
        folder = bench.new_folder(system)
        with system.run(folder, "W4") as server:
            measure.seed(server, ["collector"], records)
            before, begin = cpu_seconds(server.responder.pid), time.monotonic()
            pages, ids, size = pull(server.port, "collector")
            seconds = time.monotonic() - begin
            rows.append([
                system.title, f"{len(ids):,}", len(pages), f"{seconds:.2f}", f"{cpu_seconds(server.responder.pid) - before:.2f}",
                megabytes(size), f"{pages[0] * 1000:.1f}", f"{pages[-1] * 1000:.1f}", f"{max(pages) * 1000:.1f}"])
            if len(ids) != records:
                rows[-1][0] += " (records are missing)"
    return report.Rows(
        "A first pull in pages of 1,000, by one client that waits for each page before it asks for the next.",
        ["system", "records", "pages", "seconds", "CPU s", "MB", "first page ms", "last page ms", "slowest ms"], rows)


def pull(port, subject):
    """How long each page took, the ids that came, and the bytes."""
    client, subject_token = Client(port), token(subject)
    request, pages, ids = {"deviceId": "new", "operations": [], "limit": 1000}, [], set()
    while True:
        begin = time.monotonic()
        answer = client.json(subject_token, "bulk", request)
        pages.append(time.monotonic() - begin)
        ids.update(change["data"]["id"] for change in answer["serverChanges"])
        if not answer["hasMore"]:
            return pages, ids, client.received
        request["lastSyncTimestamp"] = answer["timestamp"]
        if "cursor" in answer:
            request["cursor"] = answer["cursor"]


def large(bench, users, records, active):
    """A large database against the usual small one: speed, CPU, memory, and how long the start takes."""
    each, small = max(records // users, 1), measure.users("W1")
    rows = [database(bench, "small", bench.seeded(bench.meelio, large=False), small, measure.SEEDED, len(small))]
    subjects = [f"user-{number}" for number in range(users)]
    folder = bench.new_folder(bench.meelio, "large")
    begin = time.monotonic()
    with bench.meelio.run(folder, "W1") as server:
        measure.seed(server, subjects, each)
    seconds = time.monotonic() - begin
    rows.append(database(bench, "large", folder, subjects[:: max(users // active, 1)][:active], each, users))
    title = (
        f"{users:,} users with {each:,} records each against {len(small):,} with {measure.SEEDED}. Of the many, {active:,} are active."
        f" Putting the records in took {seconds:,.0f} s, {users * each / seconds:,.0f} a second.")
    heads = ["database", "records", "GB", "start s", "start after kill -9 s"]
    for workload in large_workloads(bench):
        heads += [f"{workload} requests/s", f"{workload} CPU s per 1,000", f"{workload} p99 ms"]
    return report.Rows(title, heads + ["memory MB", "bad"], rows)


def large_workloads(bench):
    # Those that write come last: the start after them finds a log to recover.
    return sorted(wanted(bench, "W1", "W2", "W3", "W5"), key=lambda workload: workload in measure.WRITES)


def database(bench, name, folder, subjects, each, users):
    size = (folder / "meelio-sync.sqlite").stat().st_size
    row = [name, f"{users * each:,}", f"{size / 1e9:.2f}", f"{start_seconds(bench, folder):.2f}"]
    figures, results = [], []
    for workload in large_workloads(bench):
        with bench.meelio.run(folder, workload) as server:
            result = measure.load(server, bench.plan(workload, subjects=subjects, seeded=each, name=workload))
            stop(server.responder, signal.SIGKILL)
        results.append(result)
        figures += [
            f"{result['requests'] / result['seconds']:,.0f}", f"{result['cpu'] / result['requests'] * 1000:.3f}", f"{result['p99'] / 1000:.1f}"]
    bad = sum(result["bad"] + result["errors"] + result["missing"] for result in results)
    highest = max(result["memory"] for result in results)
    return row + [f"{start_seconds(bench, folder):.2f}"] + figures + [megabytes(highest), bad]


def start_seconds(bench, folder):
    """How long the responder takes until it listens."""
    with bench.meelio.run(folder, "W1") as server:
        return server.start_seconds


def megabytes(size):
    return f"{size / 1e6:,.1f}"


def is_right(results):
    return not any(result["bad"] or result["errors"] or result["missing"] for result in results)
