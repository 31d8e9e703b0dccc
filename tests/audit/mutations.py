#!/usr/bin/env python3
"""Random edits of a store, byte by byte and in structure: each is found, by `audit verify` or, where bytes are damaged
that the chain does not vouch for at first hand, by `verify`; or it changes nothing that the chain, the refs or their
snapshots say. A sample by seed; 10,000 with STRAVINSKY_ALL=1. [S05] [S28]

  mutations.py --program PATH [--count N] [--seed N]
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import Case

SAMPLE, ALL = 120, 10_000


def told(case):
    """What the store says to whoever asks: events, refs, snapshots."""
    answers = []
    for words in (("audit", "log", "--json"), ("audit", "show", "latest", "--refs", "--json"), ("list", "--json")):
        ran = case.try_run(*words)
        try:
            answer = json.loads(ran.stdout.splitlines()[-1])
            answer.pop("warnings", None)
        except (ValueError, IndexError):
            answer = ran.returncode
        answers.append(answer)
    refs = case.try_git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags",
                        "refs/stravinsky")
    # A git that opens the store no more, for its settings' sake, tells nothing wrong.
    if refs.returncode == 0:
        answers.append(refs.stdout)
    return answers


def files(case):
    roots = (case.git_dir, case.store / "audit", case.home / ".local/state", case.home / ".config")
    return sorted(path for root in roots for path in root.rglob("*")
                  if path.is_file() and not path.name.startswith("lock.") and path.name not in ("description",))


def edit(case, random_):
    """Makes one edit and says which."""
    def pick():
        return random_.choice(files(case))

    def flip():
        path = pick()
        content = bytearray(path.read_bytes())
        if not content:
            return add()
        at, bit = random_.randrange(len(content)), random_.randrange(8)
        content[at] ^= 1 << bit
        put(path, bytes(content))
        return f"bit {bit} of byte {at} of {path.relative_to(case.top)}"

    def put(path, content):
        path.chmod(0o600)
        path.write_bytes(content)

    def cut():
        path = pick()
        content = path.read_bytes()
        size = random_.randrange(len(content)) if content else 0
        put(path, content[:size])
        return f"{path.relative_to(case.top)} cut to {size} bytes"

    def add():
        path = pick()
        put(path, path.read_bytes() + bytes([random_.randrange(256)]))
        return f"a byte behind {path.relative_to(case.top)}"

    def drop():
        path = pick()
        path.unlink()
        return f"{path.relative_to(case.top)} removed"

    def swap():
        loose = [path for path in files(case) if "/refs/" in str(path)]
        a, b = random_.sample(loose, 2)
        first, second = a.read_bytes(), b.read_bytes()
        put(a, second)
        put(b, first)
        return f"{a.relative_to(case.top)} and {b.relative_to(case.top)} exchanged"

    def move_ref():
        commits = case.git("rev-list", "--all").decode().split()
        ref = random_.choice(case.git("for-each-ref", "--format=%(refname)").decode().split())
        target = random_.choice(commits)
        case.git("update-ref", "--no-deref", ref, target)
        return f"{ref} moved to {target}"

    def reorder():
        events = case.events()
        way = random_.choice(("drop", "double", "exchange"))
        at = random_.randrange(len(events))
        if way == "drop":
            del events[at]
        elif way == "double":
            events.insert(at, events[at])
        else:
            other = random_.randrange(len(events))
            events[at], events[other] = events[other], events[at]
        case.point(events)
        return f"events: {way} {at + 1}"

    kinds = [flip] * 12 + [cut, add, drop, swap, move_ref, reorder]
    return random_.choice(kinds)()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    count = arguments.count or (ALL if os.environ.get("STRAVINSKY_ALL") == "1" else SAMPLE)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {count} edits")
    random_ = random.Random(seed)
    case = Case(arguments.program)
    failures = found = 0
    try:
        before, saved = told(case), case.top / "saved"
        state = [(case.store, saved / "store"), (case.home, saved / "home")]
        for place, copy in state:
            shutil.copytree(place, copy, symlinks=True)
        for number in range(count):
            for place, copy in state:
                shutil.rmtree(place)
                shutil.copytree(copy, place, symlinks=True)
            what = edit(case, random_)
            status, report = case.verify()
            if status < 0 or status >= 128:
                failures += 1
                print(f"FAIL  {number}: {what}: ended by a signal, {status}")
            elif status != 0 or case.try_run("verify", "--read-data").returncode != 0:
                found += 1
            elif any(now != then for now, then in zip(told(case), before)):
                failures += 1
                print(f"FAIL  {number}: {what}: neither found nor harmless")
    finally:
        case.close()
    print(f"{found} found, {count - found - failures} harmless, {failures} missed")
    sys.exit(1 if failures or not found else 0)


if __name__ == "__main__":
    main()
