#!/usr/bin/env python3
"""Writers that never look up while everything is rolled back again and again: no line of theirs is lost. [S02]

  writers.py --program PATH [--batches N]

Each writes numbered lines in its own way: appending through one open descriptor, opening anew, replacing by
rename, making new files, standing in a directory of its own. In the end every line that was written is in the
live tree, in an object of the store, or in a stage that `operations` names. A batch is 20 rollbacks; one is played,
with STRAVINSKY_ALL=1 fifty.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

LINES = 20   # of each writer in a round
ROUNDS = 20  # of a batch
LINE = re.compile(rb"<([a-z]+) (\d+)>")


def appending(live, say):
    descriptor = os.open(os.path.join(live, "log"), os.O_WRONLY | os.O_APPEND)
    for n in range(10):
        say(lambda line: os.write(descriptor, line))
    os.close(descriptor)


def opening(live, say):
    with open(os.path.join(live, "d", "opened"), "ab", buffering=0) as file:
        say(file.write)


def renaming(live, say):
    path = os.path.join(live, "d", "renamed")
    try:
        with open(path, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        text = b""

    def write(line):
        with open(path + ".new", "wb") as file:
            file.write(text + line)
        os.rename(path + ".new", path)
    say(write)


def making(live, say):
    def write(line):
        with open(os.path.join(live, "made%s" % line[1:-2].split()[1].decode()), "xb", buffering=0) as file:
            file.write(line)
    say(write)


def standing(live, say):
    """In a directory that every rollback takes away."""
    own = os.path.join(live, "own")
    os.makedirs(own, exist_ok=True)
    try:
        os.chdir(own)
    except FileNotFoundError:
        return
    for name in ("one", "two", "three", "one"):
        def write(line):
            with open(name, "ab", buffering=0) as file:
                file.write(line)
        say(write)


def write_on_and_on(work, live, told, tokens):
    """Runs in a process of its own. A line is told once it is written; each costs a token."""
    count = 0
    with open(told, "ab", buffering=0) as tell:
        def say(write):
            nonlocal count
            if not os.read(tokens, 1):
                os._exit(0)
            time.sleep(0.001)  # all along the rollback, and not more than it can ever catch up with
            count += 1
            line = b"<%s %d>\n" % (work.__name__.encode(), count)
            write(line)
            tell.write(line)
        while True:
            try:
                work(live, say)
            except (FileNotFoundError, FileExistsError):
                pass  # it is just being taken away


def lines_of(directory):
    found = set()
    for base, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(base, name), "rb") as file:
                found |= {match.group() for match in LINE.finditer(file.read())}
    return found


def stored_lines(git_dir):
    batch = subprocess.run(["git", "--git-dir", git_dir, "cat-file", "--batch", "--batch-all-objects", "--unordered"],
                           stdout=subprocess.PIPE, check=True).stdout
    return {match.group() for match in LINE.finditer(batch)}


def play(program):
    """One batch. Returns what went wrong."""
    base = tempfile.mkdtemp(prefix="stravinsky-writers-")
    live, store = os.path.join(base, "live"), os.path.join(base, "store")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_", "GIT_"))}
    environment.update(HOME=base, USER="tester", STRAVINSKY_STORE=store)

    def run(*words, expected=(0,)):
        ran = subprocess.run([program, *words], env=environment, cwd=base, capture_output=True,
                             text=True, stdin=subprocess.DEVNULL)
        if ran.returncode not in expected:
            raise SystemExit(f"{words}: {ran.returncode} {ran.stdout}{ran.stderr}")
        return ran

    writers, tokens, problems, statuses = [], [], [], {}
    try:
        os.makedirs(os.path.join(live, "d"))
        for name in ("log", "d/opened", "d/renamed", "d/still"):
            with open(os.path.join(live, name), "w") as file:
                file.write("first\n")
        run("init")
        run("profile", "add", "live", live)
        run("-P", "live", "snapshot", "--name", "first")
        for work in (appending, opening, renaming, making, standing):
            reading, writing = os.pipe()
            process = os.fork()
            if process == 0:
                for other in [writing, *tokens]:
                    os.close(other)
                write_on_and_on(work, live, os.path.join(base, "told." + work.__name__), reading)
            os.close(reading)
            writers.append(process)
            tokens.append(writing)
        for _ in range(ROUNDS):
            for one in tokens:
                os.write(one, bytes(LINES))
            # Done, done but for what is still written to, or not done since the tree changed meanwhile.
            ran = run("-P", "live", "rollback", "to", "first", "-f", expected=(0, 3, 25))
            statuses[ran.returncode] = statuses.get(ran.returncode, 0) + 1
        for one in tokens:
            os.close(one)
        for process in writers:
            os.waitpid(process, 0)
        writers = []
        run("-P", "live", "rollback", "to", "first", "-f", expected=(0, 3))
        told = set()
        for work in (appending, opening, renaming, making, standing):
            with open(os.path.join(base, "told." + work.__name__), "rb") as file:
                told |= {match.group() for match in LINE.finditer(file.read())}
        stages = [os.path.join(base, name) for name in os.listdir(base) if name.startswith(".stravinsky-stage-")]
        named = json.loads(run("operations", "--json").stdout)
        for stage in stages:
            if stage not in json.dumps(named):
                problems.append(f"{stage} is left, and no operation names it")
        kept = lines_of(live) | stored_lines(os.path.join(store, "store.git")).union(*map(lines_of, stages))
        lost = told - kept
        if lost:
            problems.append(f"{len(lost)} of {len(told)} lines are lost: {sorted(lost)[:10]}")
        with open(os.path.join(live, "d", "still")) as file:
            if file.read() != "first\n":
                problems.append("what nobody wrote to changed")
        run("verify", "--read-data")
    finally:
        for process in writers:
            os.kill(process, 9)
            os.waitpid(process, 0)
        shutil.rmtree(base, ignore_errors=True)
    print(*problems, f"{len(told)} lines, {ROUNDS} rollbacks (by status: {statuses}), {len(stages)} stages kept",
          sep="\n")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--batches", type=int, default=50 if os.environ.get("STRAVINSKY_ALL") else 1)
    options = parser.parse_args()
    problems = [problem for _ in range(options.batches) for problem in play(os.path.abspath(options.program))]
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
