#!/usr/bin/env python3
"""What commands cost in a store of many snapshots and on one huge directory: as tables, or into docs/performance.md.

  scale.py --program PATH [--snapshots N] [--entries N] [--rounds N] [--work DIR] [--markdown FILE]

The same commands in an old store and in one with a single snapshot, in turn, so that a ratio holds
whatever else the machine does.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import machine
import report

FILES = 30  # of the tree that is captured over and over


class Place:
    """A store, its live tree, and commands on both."""

    def __init__(self, program, base, name):
        self.program = program
        self.live = os.path.join(base, name, "live")
        self.store = os.path.join(base, name, "store")
        os.makedirs(self.live)
        home = os.path.join(base, name, "home")
        os.mkdir(home)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_"))}
        self.environment.update(HOME=home, STRAVINSKY_STORE=self.store)
        self.changes = 0

    def run(self, *words):
        """Wall and processor seconds."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run([self.program, *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise SystemExit(f"error: `{' '.join(words)}` ended with {done.returncode}: {done.stderr.decode().strip()}")
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def snapshot(self):
        return self.run("-q", "snapshot", self.live, "-P", "live")

    def change(self, path):
        self.changes += 1
        with open(os.path.join(self.live, path), "w") as file:
            file.write(f"change {self.changes}\n")

    def stored(self):
        return sum(os.path.getsize(os.path.join(directory, name))
                   for directory, _, names in os.walk(os.path.join(self.store, "store.git/objects")) for name in names)


def milliseconds(times):
    wall, processor = (statistics.median(column) * 1000 for column in zip(*times))
    return f"{wall:.0f} ms ({processor:.0f})"


def many_snapshots(program, base, count, rounds):
    old, new = Place(program, base, "old"), Place(program, base, "new")
    for place in old, new:
        for number in range(FILES):
            place.change(f"file{number}")
        place.run("-q", "snapshot", place.live, "-P", "live", "--name", "first")
    for number in range(count - 1):
        old.change(f"file{number % FILES}")
        old.snapshot()
        if number % 1000 == 999:
            print(f"{number + 1} snapshots", file=sys.stderr)
    found = {}
    for number in range(rounds):
        for place in old, new:
            def timed(title, *words):
                found.setdefault((title, place is old), []).append(place.run(*words))
            timed("`list`", "list", "-P", "live")
            timed("`list --limit 1`", "list", "-P", "live", "--limit", "1")
            timed("`show`", "show", "-P", "live", "first")
            place.change(f"file{number % FILES}")
            timed("`snapshot`, one file changed", "-q", "snapshot", place.live, "-P", "live")
    rows = [["", f"{count:,} snapshots", "1 snapshot", "ratio of the processor's time"]]
    for title in dict.fromkeys(title for title, _ in found):
        aged, fresh = found[title, True], found[title, False]
        ratio = statistics.median(cpu for _, cpu in aged) / statistics.median(cpu for _, cpu in fresh)
        rows.append([title, milliseconds(aged), milliseconds(fresh), f"{ratio:.1f}"])
    return report.markdown_table(rows)


def huge_directory(program, base, entries, rounds):
    place = Place(program, base, "huge")
    os.mkdir(os.path.join(place.live, "all"))
    for number in range(entries):
        with open(os.path.join(place.live, "all", f"file{number:07}"), "w") as file:
            file.write(f"{number}\n")
    time.sleep(1.1)  # what changed a moment ago is not believed
    first = [place.snapshot()]
    again = [place.snapshot() for _ in range(rounds)]
    one, grown = [], []
    for number in range(rounds):
        before = place.stored()
        place.change(f"all/file{number:07}")
        one.append(place.snapshot())
        grown.append(place.stored() - before)
    megabytes = statistics.median(grown) / 1e6
    return report.markdown_table([["", "time", "stored"], ["first snapshot", milliseconds(first), ""],
                                  ["nothing changed", milliseconds(again), ""],
                                  ["one file changed", milliseconds(one), f"{megabytes:.1f} MB"]])


def main():
    parser = argparse.ArgumentParser(prog="scale.py")
    parser.add_argument("--program", required=True)
    parser.add_argument("--snapshots", type=int, default=10000)
    parser.add_argument("--entries", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--work")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    program, work = os.path.abspath(options.program), options.work or machine.default_work()
    with tempfile.TemporaryDirectory(prefix="stravinsky-scale-", dir=work) as base:
        tables = {"snapshots": many_snapshots(program, base, options.snapshots, options.rounds),
                  "directory": huge_directory(program, base, options.entries, options.rounds)}
    facts = machine.facts(work or tempfile.gettempdir())
    tables = {name: f"{machine.words(facts)}, {facts['filesystem']}.\n\n{table}" for name, table in tables.items()}
    print("\n\n".join(tables.values()))
    if options.markdown:
        report.refresh_page(options.markdown, tables)


if __name__ == "__main__":
    sys.exit(main())
