#!/usr/bin/env python3
"""Counts what an event costs at the end of a short chain and of one of 10,000 events: the same calls that write, and
no more that read. [S28] [T10]

  append_cost.py --program PATH --make-events PATH
"""
import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "audit"))
from audit_case import Case  # noqa: E402

EVENTS = 10_000
WRITES = {"write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat2", "link", "linkat", "unlink", "unlinkat",
          "mkdir", "ftruncate", "chmod", "fchmod"}
CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
# An index of 10,000 rows has more pages than one of ten; SQLite's own files are counted by nobody here.
IGNORED = re.compile(r"audit\.db|operations\.log|\.projections")
COMMANDS = (("pin", "two"), ("unpin", "two"), ("pin", "two"))


def measured(case, words):
    """How often a command makes each call, and how often one that writes."""
    case.settle()
    trace = case.top / "trace"
    subprocess.run(["strace", "-f", "-qq", "-y", "-s", "200", "-o", str(trace), case.program, *words],
                   env=case.environment, cwd=case.home, stdin=subprocess.DEVNULL, check=True, capture_output=True)
    lines = [match.groups() for match in map(CALL.match, trace.read_text(errors="replace").splitlines()) if match]
    counts = collections.Counter(name for name, rest in lines if not IGNORED.search(rest))
    return counts, collections.Counter({name: counts[name] for name in WRITES if counts[name]})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--make-events", required=True)
    options = parser.parse_args()
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed")
        return 77
    case = Case(options.program)
    failures = []

    def cheapest():
        """Of some commands, behind one that lets the projections catch up: the others fold packs, now and then."""
        case.run("tag", "two", "k=v")
        return min((measured(case, words) for words in COMMANDS), key=lambda one: one[1].total())

    try:
        few, few_writes = cheapest()
        subprocess.run([options.make_events, str(case.git_dir), str(case.key), str(EVENTS)], check=True)
        many, many_writes = cheapest()
        status, report = case.verify()
        if status != 0 or report["events"] <= EVENTS:
            failures.append(f"not a chain of {EVENTS} events: {report}")
        print(f"{few_writes.total()} calls that write of {few.total()} at 10 events, {many_writes.total()} of "
              f"{many.total()} at {EVENTS}")
        if few_writes != many_writes:
            failures.append(f"writes {dict(few_writes)} became {dict(many_writes)}")
        more = {name: (few[name], count) for name, count in many.items() if count > few[name] + 8}
        if more:
            failures.append(f"{more}")
    finally:
        case.close()
    print(*failures, f"{len(failures)} failures", sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
