#!/usr/bin/env python3
"""Measures the audit chain at length: one more event, the newest ten, a whole check, projections made anew.

  audit.py --program PATH --make-events PATH [--events 100000] [--runs 5]

Prints a table of medians; what an event costs on disk is counted, in bytes after all packs are one.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "audit"))
from audit_case import Case


def timed(runs, action, before=lambda: None):
    times = []
    for _ in range(runs):
        before()
        start = time.monotonic()
        action()
        times.append(time.monotonic() - start)
    return statistics.median(times)


def size_of(path):
    return sum(file.stat().st_size for file in pathlib.Path(path).rglob("*") if file.is_file())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--make-events", required=True)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    case = Case(arguments.program)
    try:
        rows = []

        def pin():
            case.run("-q", "pin", "one")

        rows.append(("one more event, of 5", timed(arguments.runs, pin)))
        before = size_of(case.git_dir / "objects")
        subprocess.run([arguments.make_events, str(case.git_dir), str(case.key), str(arguments.events)], check=True)
        grown = size_of(case.git_dir / "objects") - before
        rows.append(("projections made anew", timed(1, pin)))
        rows.append((f"one more event, of {arguments.events:,}", timed(arguments.runs, pin)))
        rows.append(("audit log -n 10", timed(arguments.runs, lambda: case.run("audit", "log", "-n", "10"))))
        rows.append(("audit log --type INIT", timed(1, lambda: case.run("audit", "log", "--type", "INIT"))))
        rows.append(("audit verify", timed(min(3, arguments.runs), lambda: case.run("audit", "verify"))))

        def drop():
            shutil.rmtree(case.store / "audit", ignore_errors=True)

        rows.append(("projections made anew, removed", timed(1, pin, drop)))
        for what, seconds in rows:
            print(f"{what:40} {seconds * 1000:10.1f} ms")
        print(f"{'bytes of an event':40} {grown / arguments.events:10.0f}")
        print(f"{'processors':40} {len(os.sched_getaffinity(0)):10}")
    finally:
        case.close()


if __name__ == "__main__":
    main()
