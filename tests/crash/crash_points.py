#!/usr/bin/env python3
"""Kills `init`, `snapshot`, `update` and everything else that changes a live tree in place at system calls, or
cuts the power there, and looks at what is left.

For each point: the next command needs no manual step; refs, snapshot and event are there together or
not at all; older snapshots are what they were; plain git and the second implementation agree; nothing
is left lying about. docs/format.md 11 is what is tested here. What is tried and what must hold:

  snapshots.py  init, first, snapshot, fold
  in_place.py   checkout, fallback, rollback, undo, recovery, roots, whole
  updates.py    update, update-failing
  recorded.py   settings, keys, notes, the checkpoint: what only an event tells of

  crash_points.py --program PATH [--power | --faults | --signals] [--all] [--seed N] [--share K/N] [--points N]
                  [--operation NAME]

--faults lets each of these calls fail instead, once or from then on: success is then never said of less
than all. --signals sends SIGINT or SIGTERM instead: that is as a crash, but clean at once. --power runs on a
loop-mounted ext4 that is shut down without writing anything back, so that all that was not fsynced is lost; it
needs root. --share 2/8 does every eighth point from the second on: eight runs, beside each other or on as many
days, do all. Prints how many points it tried; exit status 1 on a finding.
"""
import argparse
import os
import random
import shutil
import signal
import sys
import tempfile

import ground
import in_place
import points
import recorded
import snapshots
import updates
from place import Finding, require

# Faults that were findings once: operation, call, what, when.
FOUND_ONCE = (("undo", "fchmod", "error=EROFS", "2+"), ("whole", "renameat2", "error=EROFS", "5"),
              ("whole", "newfstatat", "error=EACCES", "122"), ("update", "flistxattr", "error=ENOMEM", "10+"),
              ("update", "flistxattr", "error=ENOMEM", "11+"), ("roots", "getdents64", "error=EROFS", "138+"),
              ("roots", "getdents64", "error=EROFS", "139+"), ("roots", "newfstatat", "error=ENOMEM", "391"),
              ("roots", "newfstatat", "error=ENOMEM", "392"))
LEAST_OF_ALL = 5000  # points with --all
ANSWERS = 5          # that a power cut follows, of each operation;
ALL_ANSWERS = 100    # with --all


def choose_points(name, operation, place, options, chance):
    """Which calls of an operation are cut, and how."""
    calls = points.CALLS + points.MORE_FAULTS if options.faults else points.CALLS
    found = points.count_calls(place, operation.words, calls, operation.besides, operation.outcome.expected)
    if options.faults:
        # strace makes a call fail by leaving it out. No close of Linux leaves its descriptor open,
        # and with it the lock, whatever it returns.
        found = [point for point in found if point[0] != "close"]
    print(f"{name}: {len(found)} points", flush=True)
    if options.all:
        share, shares = options.share
        found = found[share - 1::shares]
    else:
        # A sample of those that are many is spread over them.
        most = options.points if options.operation else max(1, options.points // operation.outcome.one_of)
        found = points.sample(found, most, chance)
    chosen = [points.choose_injection(options, chance, *point) for point in found]
    if options.faults:
        chosen += [points.Injection(*fault) for of, *fault in FOUND_ONCE if of == name]
    return chosen


class Trial:
    """One kind of cut, at as many points as are asked for."""

    def __init__(self, options, program, base):
        self.options, self.base = options, base
        self.maps_of_start = points.count_maps_of_start(program, base)
        self.ground = (ground.PowerCut if options.power else ground.Plain)(program)
        self.tried = self.findings = 0

    def count(self, what, check):
        self.tried += 1
        try:
            check()
        except Finding as finding:
            self.findings += 1
            print(f"{what}: {finding}", flush=True)

    def cut(self, operation, injection):
        place, outcome = self.ground.fresh(operation.template), operation.outcome
        outcome.begin(place)
        ran = place.run(operation.words, injection.strace(os.path.join(self.base, "trace"), operation.besides))
        if self.options.signals:
            outcome.check_signal(place, ran, injection.signal)
        elif self.options.faults and not self.died_before_start(ran, injection):
            outcome.check_fault(place, ran, injection)
        else:
            self.ground.after_crash()
            outcome.check_crash(place)

    def died_before_start(self, ran, injection):
        """The dynamic loader does not look at what its first maps gave it."""
        return ran.returncode == -signal.SIGSEGV and injection.call == "mmap" \
            and injection.first <= self.maps_of_start

    def cut_after_answer(self, operation):
        """What was answered with success survives a power cut right after."""
        place, outcome = self.ground.fresh(operation.template), operation.outcome
        outcome.begin(place)
        run = place.run(operation.words)
        require(run.returncode == outcome.expected, f"{operation.words}: {run.stderr}")
        outcome.answered(place)
        self.ground.after_crash()
        outcome.check_survived(place)

    def try_operation(self, name, operation, chance):
        place = self.ground.fresh(operation.template)
        for injection in choose_points(name, operation, place, self.options, chance):
            self.count(f"{name}: {injection}", lambda: self.cut(operation, injection))
        if self.options.power:
            answers = max(1, ALL_ANSWERS // self.options.share[1]) if self.options.all else ANSWERS
            for _ in range(answers):
                self.count(f"{name}: power cut after the answer", lambda: self.cut_after_answer(operation))
        if operation.outcome.ends:
            print(f"{name}: {dict(operation.outcome.ends)}")


def share(text):
    """K/N."""
    number, _, count = text.partition("/")
    number, count = int(number), int(count)
    if not 1 <= number <= count:
        raise ValueError(text)
    return number, count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--power", action="store_true")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--signals", action="store_true")
    parser.add_argument("--all", action="store_true", default=os.environ.get("STRAVINSKY_ALL") == "1")
    parser.add_argument("--share", type=share, default=(1, 1), metavar="K/N",
                        help="with --all, every Nth point from the Kth on")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("STRAVINSKY_SEED", "1")))
    parser.add_argument("--points", type=int, help="of each operation; 20, of signals 10")
    parser.add_argument("--operation", action="append", help="only this one; repeatable")
    options = parser.parse_args()
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed")
        return 77
    if options.power and (os.geteuid() != 0 or shutil.which("mkfs.ext4") is None):
        print("SKIP: a power cut needs root and mkfs.ext4")
        return 77
    if options.share != (1, 1) and not options.all:
        parser.error("--share is of all points: --all")
    if options.points is None:
        options.points = 10 if options.signals else 20  # enough for a run of all tests: the seed is another each time
    chance = random.Random(options.seed)
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="stravinsky-crash-") as base:
        trial = Trial(options, program, base)
        try:
            operations = {}
            for kind in (snapshots, in_place, updates, recorded):
                operations.update(kind.operations(program, base))
            unknown = set(options.operation or ()) - set(operations)
            if unknown:
                parser.error(f"no operation {', '.join(sorted(unknown))}; there are {', '.join(operations)}")
            for name, operation in operations.items():
                if not options.operation or name in options.operation:
                    trial.try_operation(name, operation, chance)
        finally:
            trial.ground.close()
    if options.all and options.share == (1, 1) and options.operation is None and trial.tried < LEAST_OF_ALL:
        trial.findings += 1
        print(f"fewer than {LEAST_OF_ALL} points: something is not traced any more")
    print(f"{trial.tried} crash points tried, {trial.findings} findings (seed {options.seed})")
    return 1 if trial.findings else 0


if __name__ == "__main__":
    sys.exit(main())
