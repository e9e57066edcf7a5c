"""The guard: what a request costs, against what cost.json says; script/cost installs and builds what it needs and starts it.

Instructions and calls of malloc are counted by callgrind, from one function of request-cost to another, in all threads. The same
program executes the same ones each time, whatever else the machine does, so that a small change can be told from noise.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "Tests/Load/cost.json"
PROFILES = ROOT / "var/cost"
TOLERANCE = 10  # per cent
# How many requests of each: so few that the write-ahead log stays small and no checkpoint, which has its own time, comes between.
REQUESTS = {"W1": 300, "W2": 100, "W3": 1000, "W4": 20, "W5": 1000, "W6": 100}
ALLOCATING = re.compile(r"(__libc_|__)?(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign)")


class CostError(Exception):
    """What ends the count, as a sentence."""


# Counting


def count(binary, workload):
    """Instructions and allocations per request."""
    folder = PROFILES / workload
    (folder / "database").mkdir(parents=True)
    requests = REQUESTS[workload]
    # Before each of the two functions callgrind writes down what has been executed since it did so last: .1 is the start, .2 the
    # requests, and what has no number is the end.
    result = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/profile", "--dump-before=*sendCounted*",
         "--dump-before=*finishCounted*", binary, workload, "--requests", str(requests), "--folder", folder / "database"],
        env=os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise CostError(f"{workload} cannot be counted:\n{result.stdout[-2000:]}")
    profile = PROFILES / f"{workload}.callgrind"
    (folder / "profile.2").replace(profile)
    shutil.rmtree(folder)
    instructions, allocations = read(profile)
    return {"instructions": round(instructions / requests), "allocations": round(allocations / requests, 1)}


def read(profile):
    """The sums of a callgrind profile: https://valgrind.org/docs/manual/cl-format.html"""
    instructions, allocations, names, callee = 0, 0, {}, None
    for line in profile.read_text().splitlines():
        if match := re.match(r"c?fn=\((\d+)\)(?: (.*))?", line):
            callee = match[1]
            if match[2]:
                names[callee] = match[2]
        elif line.startswith("calls=") and ALLOCATING.fullmatch(names[callee]):
            allocations += int(line[6:].split()[0])
        elif line.startswith("totals:"):
            instructions = int(line.split()[1])
    return instructions, allocations


def count_all():
    shutil.rmtree(PROFILES, ignore_errors=True)
    PROFILES.mkdir(parents=True)
    binary = PROFILES / "request-cost"
    # Valgrind gives up on debugging information of a newer form than its own, and has the names of functions without it.
    subprocess.run(["strip", "--strip-debug", "-o", binary, ROOT / ".build/release/request-cost"], check=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = dict(zip(REQUESTS, pool.map(lambda workload: count(binary, workload), REQUESTS)))
    binary.unlink()
    return counted


# Comparing


def surroundings():
    """What the numbers depend on besides the source."""
    swift = re.search(r"Swift version \S+", subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout)
    return {
        "machine": platform.machine(), "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "compiler": swift[0] if swift else "an unknown Swift"}


@dataclasses.dataclass
class Difference:
    """One number, and what the file has in its place."""

    workload: str
    unit: str
    counted: float
    expected: float

    @property
    def percent(self):
        return (self.counted / self.expected - 1) * 100 if self.expected else float("inf")

    @property
    def is_large(self):
        return abs(self.percent) > TOLERANCE

    def __str__(self):
        return f"{self.workload} takes {abs(self.percent):.1f} % {'more' if self.percent > 0 else 'fewer'} {self.unit}"


def differences(counted, expected):
    return [
        Difference(workload, unit, number, expected.get(workload, {}).get(unit, 0))
        for workload, numbers in counted.items() for unit, number in numbers.items()]


def show(found):
    print(f"{'per request':14}{'counted':>14}{'cost.json':>14}{'change':>10}")
    for item in found:
        print(f"{item.workload} {item.unit:14}"[:16].ljust(16) + f"{item.counted:12,}{item.expected:14,}{item.percent:+8.1f} %")


def compare(counted, found):
    """Ends the program if a number is not that of the file."""
    here, there = surroundings(), json.loads(FILE.read_text())["counted with"]
    if here["machine"] != there["machine"]:
        print(f"Nothing was compared: the numbers of cost.json are those of {there['machine']}, and this is {here['machine']}.")
        return
    large = [item for item in found if item.is_large]
    if not large:
        return
    lines = [f"{item}, by the number in Tests/Load/cost.json." for item in large]
    if any(item.percent > 0 for item in large):
        lines.append(
            "Where they are spent: callgrind_annotate --inclusive=yes var/cost/W2.callgrind. If they are worth it, write the new numbers"
            " with script/cost --update, and say in the commit's message why.")
    else:
        lines.append("It has become cheaper: keep that with script/cost --update, so that it does not get lost.")
    if here != there:
        lines.append(f"The numbers of the file come from {', '.join(there.values())}, and these from {', '.join(here.values())}.")
    raise CostError("\n".join(lines))


def update(counted):
    FILE.write_text(json.dumps({"counted with": surroundings(), "per request": counted}, indent=2) + "\n")
    print("Written to Tests/Load/cost.json.")


def main():
    parser = argparse.ArgumentParser(prog="script/cost", description="Counts what a request costs, and compares it with cost.json.")
    parser.add_argument("--update", action="store_true", help="write what was counted into Tests/Load/cost.json")
    chosen = parser.parse_args()
    try:
        counted = count_all()
        expected = json.loads(FILE.read_text())["per request"] if FILE.exists() else {}
        found = differences(counted, expected)
        show(found)
        update(counted) if chosen.update else compare(counted, found)
    except (CostError, subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
