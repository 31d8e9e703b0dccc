#!/usr/bin/env python3
"""An automatic rollback whose chain is locked, killed at system calls, and so is the command that ends it: what was
live is live or in a snapshot, and the next writing command tells of all of it, in order. [P12]

  untold.py --program PATH [--points N]
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import Case, Failed, require

CALLS = ("openat", "openat2", "renameat2", "fsync", "write", "pwrite64", "unlink", "unlinkat", "linkat", "mkdirat",
         "syncfs", "flock")


class Untold:
    """A store and a live tree as they are before each point, at the same paths each time."""

    def __init__(self, program):
        self.case = Case(program)
        self.live = self.case.live / "settings.json"
        self.lock = self.case.git_dir / "refs/heads/audit.lock"
        self.trace = self.case.top.with_name(self.case.top.name + ".trace")
        self.copy = self.case.top.with_name(self.case.top.name + ".copy")
        self.before = self.live.read_text()
        subprocess.run(["cp", "-a", self.case.top, self.copy], check=True)

    def close(self):
        self.trace.unlink(missing_ok=True)
        shutil.rmtree(self.copy)
        self.case.close()

    def again(self):
        shutil.rmtree(self.case.top)
        subprocess.run(["cp", "-a", self.copy, self.case.top], check=True)

    def strace(self, words, *inject):
        program = ["strace", "-f", "-qq", "-o", self.trace, "-e", "trace=" + ",".join(CALLS), *inject, self.case.program]
        return subprocess.run([*program, *words], env=self.case.environment, cwd=self.case.home,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def run_command(self, *inject):
        spoil = f"echo broken > '{self.live}'; touch '{self.lock}'; exit 3"
        return self.strace(["--lock-wait", "0", "run", "--rollback-on-failure", "--", "sh", "-c", spoil], *inject)

    def points(self):
        """Of the calls that the last traced process made itself."""
        count = collections.Counter()
        lines = self.trace.read_text(errors="replace").splitlines()
        first = lines[0].split()[0]
        for line in lines:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match and match[1] == first:
                count[match[2]] += 1
        return [(call, n) for call in sorted(count) for n in range(1, count[call] + 1)]

    def check(self, had_written):
        """After the command that has ended it. `had_written`: the command had come so far."""
        case = self.case
        now = self.live.read_text()
        require(now in (self.before, "broken\n"), f"live is {now!r}")
        events = json.loads(case.run("audit", "log", "--json", "-n", "20"))["events"]
        names = [snapshot["name"] for snapshot in json.loads(case.run("list", "--json"))["snapshots"]]
        broken = [name for name in names if case.run("cat", f"{name}:settings.json") == "broken\n"]
        rolled_back = [event for event in events if event["event_type"] == "AUTO_ROLLBACK_SUCCESS"]
        require(not had_written or now == "broken\n" or broken, "what was live is lost")
        require(len(broken) <= 1 and len(rolled_back) <= 1, f"told twice: {broken} {rolled_back}")
        if rolled_back and rolled_back[0]["status"] == "success":
            require(now == self.before and broken, f"{broken} {rolled_back}")
            kept = json.loads(case.run("show", broken[0], "--json"))["snapshot"]["commit"]
            require(rolled_back[0]["profiles"][0]["before"] == kept, f"{kept} {rolled_back}")
        require("No operations" in case.run("operations"), "an operation waits")
        require(not list(case.home.rglob(".stravinsky-*")), "a stage is left")
        case.run("verify", "--read-data")
        require(case.verify()[0] == 0, "the chain does not hold")
        case.git("fsck", "--strict", "--no-dangling")


def kill(call, n):
    return ["-e", f"inject={call}:signal=SIGKILL:when={n}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--points", type=int, default=100000 if os.environ.get("STRAVINSKY_ALL") else 24)
    arguments = parser.parse_args()
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed")
        return 77
    seed = int(os.environ.get("STRAVINSKY_SEED", "1"))
    chance = random.Random(seed)
    untold = Untold(arguments.program)
    failures = 0
    try:
        ran = untold.run_command()
        require(ran.returncode == 3 and untold.live.read_text() == untold.before, f"{ran.returncode} {ran.stderr}")
        rolling = untold.points()
        untold.lock.unlink()
        ran = untold.strace(["pin", "two"])
        require(ran.returncode == 0, ran.stderr)
        ending = untold.points()
        untold.check(had_written=True)
        print(f"rollback: {len(rolling)} points, its end: {len(ending)} points, seed {seed}")
        tried = chance.sample(rolling, min(len(rolling), arguments.points))
        for point in tried:
            end = chance.choice(ending)
            try:
                untold.again()
                ran = untold.run_command(*kill(*point))
                had_written = untold.lock.exists()  # which the command makes after it has written
                untold.lock.unlink(missing_ok=True)
                untold.strace(["pin", "two"], *kill(*end))
                untold.case.run("pin", "two")
                untold.check(had_written)
            except (Failed, RuntimeError) as failure:
                failures += 1
                print(f"FAIL  killed at {point}, then at {end}: {failure}")
        print(f"{len(tried)} points tried, {failures} failed")
    finally:
        untold.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
