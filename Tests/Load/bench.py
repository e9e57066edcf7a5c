"""The benchmark; script/bench installs and builds what it needs and starts it. See Docs/performance.md."""

import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

import extras
import measure
import report
import servers
from servers import LOAD, ROOT, BenchError

WORKLOADS = {
    "W1": "one durable create per request, 1,000 users in turn",
    "W2": "ten operations per request: 6 updates, 3 creates, 1 delete",
    "W3": "a poll with nothing new, users with 200 records",
    "W4": "a first pull of 1,000 records",
    "W5": "status",
    "W6": "as W2, by five devices of each of 100 users, which get each other's changes",
}


def options():
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the server against others on this machine.")
    parser.add_argument("--quick", action="store_true", help="one short run of each, in less than 3 minutes")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="such as W1,W3; all by default")
    parser.add_argument("--runs", type=int, help="runs of each; 3 by default")
    parser.add_argument("--seconds", type=int, help="of each run; 8 by default")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "var/bench", help="the folder for results; var/bench by default")
    parser.add_argument("--binary", type=pathlib.Path, help=argparse.SUPPRESS)
    other = parser.add_argument_group("other measurements, instead of the table")
    other.add_argument("--fsyncs", action="store_true", help="how many requests share an fsync, counted by strace")
    other.add_argument("--soak", type=float, metavar="MINUTES", help="a mixed load at 80 %% of capacity for so long: memory, descriptors, log and latency of each minute")
    other.add_argument("--first-pull", type=int, metavar="RECORDS", help="one user with so many records, pulled in pages")
    other.add_argument("--users", type=int, help="a large database of so many users, against a small one; with --records")
    other.add_argument("--records", type=int, help="the records of the large database, all users together")
    other.add_argument("--active", type=int, default=1000, help="how many of its users, spread evenly, send requests; 1000 by default")
    chosen = parser.parse_args()
    chosen.runs = chosen.runs or (1 if chosen.quick else 3)
    chosen.seconds = chosen.seconds or (3 if chosen.quick else 8)
    chosen.warm_up = 1 if chosen.quick else 2
    chosen.workloads = chosen.workloads.split(",")
    if not set(chosen.workloads) <= set(WORKLOADS):
        parser.error(f"workloads are {', '.join(WORKLOADS)}")
    if (chosen.users is None) != (chosen.records is None):
        parser.error("--users and --records belong together")
    return chosen


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    """What all measurements share: the systems, and folders with records in them."""

    def __init__(self, chosen):
        self.options = chosen
        self.folder = (chosen.output / "work").resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.samples = self.folder / "samples"
        self.samples.mkdir(parents=True)
        self.meelio = servers.Meelio((chosen.binary or ROOT / ".build/release/meelio-sync").resolve())
        self.php = servers.PHP()
        self.ceiling = servers.Ceiling(self.compile("ceiling", "-lfcgi", "-lpthread"), self.samples)
        self.raw = self.compile("raw", "-lsqlite3")

    def compile(self, name, *libraries):
        binary = self.folder / f"{name}.out"
        subprocess.run(["gcc", "-O2", "-Wall", "-o", binary, LOAD / f"c/{name}.c", *libraries], check=True)
        return binary

    def new_folder(self, system, name="seed"):
        folder = self.folder / system.name / name
        folder.mkdir(parents=True)
        system.prepare(folder)
        return folder

    def seeded(self, system, large=True):
        """A folder with a database of 1,000 users with 200 records, and 50 with 1,000; the system itself has put them in."""
        say(f"{system.title}: checking it, then 1,000 users with {measure.SEEDED} records"
            + (f", 50 with {measure.LARGE}" if large else ""))
        folder = self.new_folder(system)
        with system.run(folder, "W1") as server:
            measure.check(server)
            measure.seed(server, measure.users("W1"), measure.SEEDED)
            if large:
                measure.seed(server, measure.users("W4"), measure.LARGE)
        return folder


    def plan(self, workload, **more):
        return measure.Plan(workload, self.options.warm_up, self.options.seconds, **more)


def table(bench):
    """All workloads against all systems; within each repetition the systems take turns, so that noise hits all."""
    folders = {system: bench.seeded(system) for system in (bench.meelio, bench.php)}
    folders[bench.ceiling] = bench.new_folder(bench.ceiling)
    runs = []
    for workload in bench.options.workloads:
        for repetition in range(bench.options.runs):
            for system, folder in folders.items():
                # The first to run is the server, whose answer the ceiling then has.
                sample = bench.samples / workload if system is bench.meelio and repetition == 0 else None
                result = measure.measure(system, folder, bench.plan(workload, sample=sample))
                if sample:
                    fit(sample, workload, result)
                note(runs, workload, system.name, result)
            if workload in ("W1", "W2"):
                note(runs, workload, "raw", measure.measure_raw(bench.raw, bench.folder / "raw-run", bench.plan(workload)))
    return runs


def fit(sample, workload, result):
    """Pages of W6 differ: the ceiling's answer has the size that they have on the average, without nginx's header lines."""
    if workload == "W6":
        size = int(result["answerBytes"]) - 200
        sample.write_bytes(sample.read_bytes()[:size].ljust(size))


def note(runs, workload, system, result):
    runs.append({"workload": workload, "system": system} | result)
    wrong = {name: result[name] for name in ("bad", "errors", "missing") if result[name]}
    say(f"{workload} {system:8} {result['requests'] / result['seconds']:9,.0f} requests/s  p50 {result['p50'] / 1000:7.2f} ms"
        f"  p99 {result['p99'] / 1000:7.2f} ms  {wrong or ''}")


def machine():
    def version(*command):
        try:
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except FileNotFoundError:
            return "?"
        return next((line for line in result.stdout.splitlines() if any(mark.isdigit() for mark in line)), "?").strip()

    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {
        "date": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "cpu": model, "kernel": platform.release(),
        "commit": version("git", "-C", ROOT, "rev-parse", "--short", "HEAD"),
        "swift": version("swift", "--version"), "nginx": version(servers.program("nginx", "/usr/sbin/nginx"), "-v"),
        "php": version(servers.program("php-fpm", "/usr/sbin/php-fpm*"), "-v"),
        "wrk": version("wrk", "-v").partition(" Copyright")[0],
        "sqlite": version("dpkg-query", "-W", "-f", "${Version}", "libsqlite3-0"),
    }


def run(bench):
    chosen, name = bench.options, "bench"
    if chosen.fsyncs:
        name, body = "fsyncs", extras.fsyncs(bench)
    elif chosen.soak:
        name, body = "soak", extras.soak(bench, chosen.soak)
    elif chosen.first_pull:
        name, body = "first-pull", extras.first_pull(bench, chosen.first_pull)
    elif chosen.users:
        name, body = "large", extras.large(bench, chosen.users, chosen.records, chosen.active)
    else:
        body = report.Table(table(bench), WORKLOADS, chosen)
    report.write(chosen.output, name, body, machine())


def main():
    # As Ctrl-C does: what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = None
    try:
        bench = Bench(options())
        run(bench)
    except (BenchError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        servers.stop_all()
        if bench and sys.exc_info()[0] is None:
            shutil.rmtree(bench.folder)


if __name__ == "__main__":
    main()
