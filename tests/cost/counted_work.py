#!/usr/bin/env python3
"""Counts what commands ask of the system, where a clock would only measure the machine.

An unchanged tree is not read, an answer waits for few fsyncs, a list does not read each snapshot anew,
packs stay few, a restore takes a bounded number of calls for each file.

  counted_work.py --program PATH
"""
import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

FILES = 100
CALL = re.compile(r"^\d+ +(?:\[pid +\d+\] )?(\w+)\((.*)$")


class Cost:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.base = os.path.realpath(tempfile.mkdtemp(prefix="stravinsky-cost-"))
        self.live = os.path.join(self.base, "live")
        self.store = os.path.join(self.base, "store")
        self.trace = os.path.join(self.base, "trace")
        self.failures = 0
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_"))}
        self.environment.update(HOME=os.path.join(self.base, "home"), USER="tester", STRAVINSKY_STORE=self.store)
        os.mkdir(self.environment["HOME"])
        for number in range(FILES):
            path = os.path.join(self.live, f"dir{number % 10}", f"file{number}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(f"file {number}\n" * (number + 1))
            # What changed a moment ago is not believed: the tree is one that has rested.
            os.utime(path, (1_700_000_000, 1_700_000_000))

    def run(self, *words):
        ran = subprocess.run([self.program, *words], env=self.environment, cwd=self.base, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        if ran.returncode != 0:
            raise SystemExit(f"{words}: {ran.returncode} {ran.stderr}")
        return ran.stdout

    def calls(self, *words):
        """Every system call of a command, as (name, the rest of its line)."""
        subprocess.run(["strace", "-f", "-qq", "-y", "-s", "200", "-o", self.trace, self.program, *words],
                       env=self.environment, cwd=self.base, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)
        with open(self.trace, errors="replace") as file:
            return [match.groups() for match in map(CALL.match, file) if match]

    def require(self, what, count, most, least=0):
        good = least <= count <= most
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {count}" + ("" if good else f", expected {least} to {most}"))

    def opened_live(self, calls):
        """Live files opened. Directories are, to be listed."""
        return sum(name == "openat" and self.live in rest and "O_DIRECTORY" not in rest and bool(re.search(r'"([^"]*/)?file\d', rest))
                   for name, rest in calls)

    def change(self, number, content):
        with open(os.path.join(self.live, "dir0", f"file{number}"), "w") as file:
            file.write(content)

    def judge(self):
        self.run("snapshot", self.live, "-P", "live", "--name", "first")
        # Files of a fresh tree are believed only once their last change is past; no clock is waited for.
        self.run("snapshot", self.live, "-P", "live", "--name", "settled")

        calls = self.calls("snapshot", self.live, "-P", "live", "--skip-if-unchanged")
        self.require("unchanged: files opened", self.opened_live(calls), 0)
        self.require("unchanged: fsyncs", count(calls, "fsync"), 0)
        self.require("unchanged: lstats of entries",
                     sum(name == "newfstatat" and self.live in rest for name, rest in calls), FILES + 40, FILES)

        # Half the time of the start is the dynamic loader's, and most libraries serve few commands.
        loaded = [rest for name, rest in calls if name == "openat" and ".so" in rest and "ENOENT" not in rest]
        self.require("unchanged: libraries", len(loaded), 24, 5)
        self.require("unchanged: libgit2 and libarchive", sum("libgit2" in rest or "libarchive" in rest for rest in loaded), 0)

        self.change(0, "changed\n")
        calls = self.calls("snapshot", self.live, "-P", "live", "--name", "second")
        self.require("one file changed: files opened", self.opened_live(calls), 1, 1)
        answer = next(i for i, (name, rest) in enumerate(calls) if name == "write" and "Snapshot created" in rest)
        self.require("one file changed: fsyncs before the answer", count(calls[:answer], "fsync"), 6, 3)

        # The files of each are counted by kind: two objects for each directory.
        self.require("listing 3 snapshots: reads of objects", count_packs(self.calls("list")), 150)
        for number in range(40):
            self.change(0, f"version {number}\n")
            self.run("snapshot", self.live, "-P", "live", "--name", f"n{number}")
        packs = [name for name in os.listdir(os.path.join(self.store, "store.git/objects/pack")) if name.endswith(".idx")]
        self.require("packs of 43 snapshots", len(packs), 12)
        # Of all commits none is read; of the events those that `applied` does not cover.
        few = count_packs(self.calls("-q", "list", "--limit", "1"))
        self.require("listing 1 of 43: reads of objects", few, 4 * 16 + 3 * len(packs))

        # However often the refs are asked for, the file of most of them is parsed once.
        subprocess.run(["git", "-C", os.path.join(self.store, "store.git"), "pack-refs", "--all"], check=True)
        # A file that just changed is not believed either: an untraced command lies between.
        self.change(0, "before\n")
        self.run("snapshot", self.live, "-P", "live", "--name", "between")
        self.change(0, "with packed refs\n")
        calls = self.calls("snapshot", self.live, "-P", "live", "--name", "packed")
        self.require("packed refs: reads of the file",
                     sum(name == "openat" and 'packed-refs"' in rest for name, rest in calls), 1, 1)

        # In place the cost follows what differs: one file of them all.
        self.change(0, "to be taken back\n")
        calls = self.calls("rollback", "to", "packed", "-P", "live")
        self.require("rollback of one file: files opened", self.opened_live(calls), 3, 1)
        self.require("rollback of one file: exchanges", sum("RENAME_EXCHANGE" in rest for _, rest in calls), 1, 1)
        self.require("rollback of one file: lstats of entries",
                     sum(name == "newfstatat" and self.live in rest for name, rest in calls), FILES + 80, FILES)
        self.require("rollback of one file: syncs", count(calls, "fsync") + count(calls, "syncfs"), 30, 5)

        out = os.path.join(self.base, "out")
        calls = self.calls("checkout", "first", "-P", "live", "--to", out)
        self.require("restore: calls for each file", sum(out in rest for _, rest in calls) // FILES, 8)
        self.require("restore: reads of the pack for each file", count_packs(calls) // FILES, 2)

        # What the pass over the packs has read and found sound is not read again for its snapshots' sake.
        packed = int(re.search(r"in-pack: (\d+)", subprocess.run(
            ["git", "-C", os.path.join(self.store, "store.git"), "count-objects", "-v"],
            check=True, capture_output=True, text=True).stdout)[1])
        once = count_packs(self.calls("verify"))
        self.require("verify: reads of the packs for each object, in %", once * 100 // packed, 240, 100)
        self.require("verify --read-data: more of them than verify", count_packs(self.calls("verify", "--read-data")) - once, 20)


def count(calls, name):
    return sum(called == name for called, _ in calls)


def count_packs(calls):
    return sum(name == "pread64" and ".pack>" in rest for name, rest in calls)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed")
        return 77
    cost = Cost(options.program)
    try:
        cost.judge()
    finally:
        shutil.rmtree(cost.base, ignore_errors=True)
    print(f"{cost.failures} failures")
    return 1 if cost.failures else 0


if __name__ == "__main__":
    sys.exit(main())
