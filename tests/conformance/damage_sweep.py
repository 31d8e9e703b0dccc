#!/usr/bin/env python3
"""Damages a store at random and looks at what its readers make of it.

For each damage (a flipped bit, a cut, an emptied, deleted or swapped file): no command crashes or hangs;
no restored byte is wrong; a restore that says it is complete is; `verify --read-data` finds every damage
that keeps a snapshot from being read; what is intact comes back: where refs alone are damaged, loose or packed,
every snapshot whose own tag is not among them, whole.

  damage_sweep.py --program PATH [--rounds N] [--seed N] [--jobs N]

20,000 rounds with STRAVINSKY_ALL=1. Key and times are new in each run, so a seed does not repeat it bit for
bit: the damaged store of a finding is kept, and the finding says where.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile

ALLOWED = {0, 1, 2, 3, 10, 13, 14, 15, 23, 27}  # of cli.md: anything but a crash or a signal
TIMEOUT = 60


def contents(root):
    found = {}
    for directory, _, files in os.walk(root):
        for name in files:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
    return found


class Sweep:
    def __init__(self, program, seed):
        self.program, self.seed, self.chance = os.path.abspath(program), seed, random.Random(seed)
        self.base = tempfile.mkdtemp(prefix="stravinsky-damage-")
        self.store = os.path.join(self.base, "store")
        self.packed = os.path.join(self.base, "packed")  # the same with its refs packed
        self.live = os.path.join(self.base, "live")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_"))}
        self.environment.update(HOME=os.path.join(self.base, "home"), USER="tester")
        os.mkdir(self.environment["HOME"])
        self.counts = collections.Counter({"harmless": 0, "found": 0, "partly restored": 0, "findings": 0})

    def run(self, store, *words):
        try:
            result = subprocess.run([self.program, "-s", store, "-P", "live", *words], env=self.environment,
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return None, "it hangs"
        return result.returncode, (result.stdout + result.stderr).decode(errors="replace")

    def make(self):
        for i in range(20):
            path = os.path.join(self.live, f"dir{i % 4}", f"file{i}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self.chance.randbytes(self.chance.choice([0, 10, 300, 5000])) + b"text\n" * 20)
        self.expected = [contents(self.live)]
        for name in ("one", "two"):
            status, said = self.run(self.store, "snapshot", self.live, "--name", name)
            assert status == 0, said
            with open(os.path.join(self.live, "dir0", "file0"), "ab") as file:
                file.write(b"more\n")
            self.expected.append(contents(self.live))
        shutil.copytree(self.store, self.packed)
        subprocess.run(["git", "--git-dir", os.path.join(self.packed, "store.git"), "pack-refs", "--all"], check=True)

    def damage(self, store):
        """Does one damage. Says what it was, and which snapshots it cannot have touched, as far as that is known."""
        git_dir = os.path.join(store, "store.git")
        files = sorted(os.path.join(d, f) for d, _, names in os.walk(git_dir) for f in names)
        files = [f for f in files if not any(part in f for part in ("/hooks/", "/cache/", "lock.", "/info/"))]
        # There are few of them beside all else.
        refs = [f for f in files if os.path.relpath(f, git_dir).startswith(("refs/", "packed-refs"))]
        path = self.chance.choice(refs if self.chance.random() < 0.3 else files)
        name = os.path.relpath(path, git_dir)
        os.chmod(path, 0o600)
        with open(path, "rb") as file:
            content = file.read()
        what = self.change(path, name, content, files)
        if path not in refs:
            return what, []
        touched = {name}
        if name == "packed-refs":
            now = b""
            if os.path.exists(path):
                with open(path, "rb") as file:
                    now = file.read()
            touched = {line.split(b" ", 1)[-1].decode() for line in set(content.split(b"\n")) - set(now.split(b"\n"))}
        self.counts["refs"] += 1
        return what, [name for name in ("one", "two") if f"refs/tags/live/{name}" not in touched]

    def change(self, path, name, content, files):
        git_dir = os.path.dirname(path[:-len(name)])
        kind = self.chance.choice(["flip"] * 6 + ["cut", "empty", "delete", "swap", "zeros"])
        if kind == "delete":
            os.unlink(path)
            return f"{name} deleted"
        if kind == "swap":
            other = self.chance.choice([f for f in files if f != path])
            shutil.copyfile(other, path)
            return f"{name} replaced by {os.path.relpath(other, git_dir)}"
        if kind == "flip" and content:
            at = self.chance.randrange(len(content) * 8)
            changed = bytearray(content)
            changed[at // 8] ^= 1 << at % 8
            what = f"{name} bit {at} flipped"
        elif kind == "zeros" and content:
            at = self.chance.randrange(len(content))
            changed = content[:at] + bytes(min(64, len(content) - at)) + content[at + 64:]
            what = f"{name} zeros at {at}"
        else:
            changed = content[:self.chance.randrange(len(content) + 1)] if kind == "cut" else b""
            what = f"{name} cut to {len(changed)}"
        with open(path, "wb") as file:
            file.write(changed)
        return what

    def complain(self, what, words):
        self.counts["findings"] += 1
        kept = tempfile.mkdtemp(prefix="stravinsky-damaged-")
        shutil.copytree(os.path.join(self.base, "damaged"), os.path.join(kept, "store"))
        print(f"{what}: {words[:600]}\n  kept: {kept}", flush=True)

    def round(self, number):
        self.chance = random.Random(f"{self.seed} {number}")
        store = os.path.join(self.base, "damaged")
        out = os.path.join(self.base, "out")
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(self.chance.choice([self.store, self.packed]), store)
        what, intact = self.damage(store)
        checked, report = self.run(store, "verify", "--read-data")
        if checked not in ALLOWED:
            self.complain(what, f"verify ends with {checked}: {report}")
        whole = True
        for index, name in enumerate(("one", "two")):
            shutil.rmtree(out, ignore_errors=True)
            status, said = self.run(store, "checkout", name, "--to", out)
            if status not in ALLOWED:
                self.complain(what, f"checkout {name} ends with {status}: {said}")
                continue
            restored = contents(out) if os.path.isdir(out) else {}
            wrong = [p for p, digest in restored.items() if self.expected[index].get(p) != digest]
            complete = restored == self.expected[index]
            whole = whole and complete
            if wrong:
                self.complain(what, f"checkout {name} restored {wrong} wrongly")
            if status == 0 and not complete:
                self.complain(what, f"checkout {name} says 0 and is not complete")
            if name in intact and not complete:
                self.complain(what, f"checkout {name} ends with {status} and does not bring it back: {said}")
            if status != 0 and restored:
                self.counts["partly restored"] += 1
        if not whole and checked == 0:
            self.complain(what, "verify found nothing and a snapshot cannot be restored")
        self.counts["harmless" if checked == 0 else "found"] += 1
        for words in (["list", "--json"], ["log"]):
            status, said = self.run(store, *words)
            if status not in ALLOWED:
                self.complain(what, f"{words} ends with {status}: {said}")


def sweep(program, seed, numbers):
    work = Sweep(program, seed)
    try:
        work.make()
        for number in numbers:
            work.round(number)
    finally:
        shutil.rmtree(work.base, ignore_errors=True)
    return work.counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    everything = os.environ.get("STRAVINSKY_ALL") == "1"
    parser.add_argument("--rounds", type=int, default=20000 if everything else 80)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("STRAVINSKY_SEED", "1")))
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    # Each job has a store of its own, made from the seed like those of the others.
    shares = [range(job, options.rounds, options.jobs) for job in range(options.jobs)]
    counts = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for found in pool.map(sweep, *zip(*[(options.program, options.seed, share) for share in shares])):
            counts.update(found)
    print(f"{options.rounds} damaged stores, {dict(counts)} (seed {options.seed})")
    return 1 if counts["findings"] or counts["harmless"] + counts["found"] != options.rounds else 0


if __name__ == "__main__":
    sys.exit(main())
