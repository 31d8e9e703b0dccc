#!/usr/bin/env python3
"""Real trees through the whole program: snapshot, again, change some, snapshot, checkout, compare.

  real_trees.py --program PATH [--sanitized] [TREE…]

A TREE is a directory (a copy of it is used), or one of
  claude      a configuration tree with hooks, commands, skills, settings and a nested git repository
  entries:N   one directory of N entries
  file:N      one file of N MB in a directory
  linux       /usr/src/linux-source-6.1.tar.xz unpacked
Without any: claude, entries:10000, file:80; with STRAVINSKY_ALL=1 also linux, /usr/share, /etc,
entries:200000 and file:5000. However many entries or bytes there are, a snapshot makes do with the same memory
(not asked of a sanitized program, whose bookkeeping is many times that).
"""
import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ATTRIBUTES = os.path.join(HERE, "..", "support", "attributes.py")
RECOMPUTE = os.path.join(HERE, "recompute.py")
MOST_DATA = 300 << 20  # bytes of memory that a snapshot of synthetic trees may ask for; what files map is not in it


class Failed(Exception):
    pass


def require(condition, words):
    if not condition:
        raise Failed(words)


def make(tree, path, chance):
    if tree == "claude":
        for i in range(40):
            for directory, suffix in (("hooks", "py"), ("commands/str", "md"), ("skills/s%d" % i, "md")):
                os.makedirs(os.path.join(path, directory), exist_ok=True)
                with open(os.path.join(path, directory, f"f{i}.{suffix}"), "w") as file:
                    file.write(f"---\ndescription: {i}\n---\n" * 3)
        os.makedirs(os.path.join(path, "projects/x"))
        with open(os.path.join(path, "settings.json"), "w") as file:
            file.write('{"hooks": {}}\n')
        os.chmod(os.path.join(path, "settings.json"), 0o600)
        subprocess.run(["git", "init", "-q", os.path.join(path, "nested")], check=True)
    elif tree.startswith("entries:"):
        os.makedirs(path)
        for i in range(int(tree[8:])):
            with open(os.path.join(path, f"entry{i:07}"), "w") as file:
                file.write(f"{i}\n")
    elif tree.startswith("file:"):
        os.makedirs(path)
        with open(os.path.join(path, "large"), "wb") as file:
            for _ in range(int(tree[5:])):
                file.write(chance.randbytes(1 << 19) + bytes(1 << 19))
    elif tree == "linux":
        os.makedirs(path)
        subprocess.run(["tar", "-xf", "/usr/src/linux-source-6.1.tar.xz", "-C", path], check=True)
    else:
        subprocess.run(["cp", "-a", tree, path], check=True)


def change(path, chance):
    """Changes about one file in a hundred, at least one, and adds one."""
    files = [os.path.join(d, f) for d, _, names in os.walk(path) for f in names
             if not os.path.islink(os.path.join(d, f)) and os.path.isfile(os.path.join(d, f))]
    for file_path in chance.sample(sorted(files), max(1, len(files) // 100)):
        with open(file_path, "r+b") as file:
            file.seek(os.path.getsize(file_path) // 2)
            file.write(b"changed\n")
    with open(os.path.join(path, "added by the test"), "w") as file:
        file.write("new\n")


class Run:
    def __init__(self, program, base, most_data):
        self.program, self.base, self.most_data = program, base, most_data
        self.store = os.path.join(base, "store")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_"))}
        self.environment.update(HOME=os.path.join(base, "home"), USER="tester", STRAVINSKY_STORE=self.store)
        os.makedirs(self.environment["HOME"])

    def __call__(self, *words):
        begin = time.monotonic()
        result = subprocess.run([self.program, "-P", "real", *words], env=self.environment,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=self.limit)
        require(result.returncode == 0, f"{words[0]} ends with {result.returncode}: {result.stdout}{result.stderr}")
        print(f"    {words[0]:9} {time.monotonic() - begin:7.2f} s")
        return result.stdout

    def limit(self):
        if self.most_data is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (self.most_data, self.most_data))

    def summary(self, *words):
        return json.loads(self(*words, "--json").splitlines()[-1])


def try_tree(program, tree, chance, is_sanitized):
    with tempfile.TemporaryDirectory(prefix="stravinsky-real-") as base:
        live, out = os.path.join(base, "live"), os.path.join(base, "out")
        make(tree, live, chance)
        is_bounded = tree.startswith(("entries:", "file:")) and not is_sanitized
        run = Run(program, base, MOST_DATA if is_bounded else None)
        git = ["git", "--git-dir", os.path.join(run.store, "store.git")]
        objects = lambda: set(subprocess.run([*git, "cat-file", "--batch-all-objects", "--batch-check"],
                                             capture_output=True, check=True).stdout.splitlines())
        first = run.summary("snapshot", live, "--name", "first")
        require(not first["snapshot"]["losses"], "losses")
        time.sleep(0.05)  # so that the stat cache may believe what was just copied
        before = objects()
        again = run.summary("snapshot", live, "--name", "again")
        new = objects() - before
        require(again["unchanged"] and len(new) == 5, f"the same again adds {new}")
        change(live, chance)
        run("snapshot", live, "--name", "changed")
        run("checkout", "changed", "--to", out)
        # --no-dereference: links that point nowhere are compared as links.
        same = subprocess.run(["diff", "-r", "--no-dereference", live, out], capture_output=True, text=True)
        special = [line for line in same.stdout.splitlines() if " is a " not in line]
        require(not special, "\n".join(special[:10]))
        dumps = [subprocess.run([sys.executable, ATTRIBUTES, directory], capture_output=True, check=True).stdout
                 for directory in (live, out)]
        require(dumps[0] == dumps[1], "attributes differ")
        run("status")
        run("verify", "--read-data")
        checked = subprocess.run([sys.executable, RECOMPUTE, git[2]], capture_output=True, text=True)
        require(checked.returncode == 0, checked.stdout + checked.stderr)
        fsck = subprocess.run([*git, "fsck", "--strict", "--no-dangling"], capture_output=True, text=True)
        require(fsck.returncode == 0 and not fsck.stdout, fsck.stdout + fsck.stderr)
        print(f"    {first['files_new']} files, most memory of a command "
              f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MB (git and python included)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--sanitized", action="store_true", help="do not bound its memory")
    parser.add_argument("trees", nargs="*")
    options = parser.parse_args()
    trees = options.trees or ["claude", "entries:10000", "file:80"]
    is_all = os.environ.get("STRAVINSKY_ALL") == "1"
    if not options.trees and is_all:
        trees += ["linux", "/usr/share", "/etc", "entries:200000", "file:5000"]
    seed = int(os.environ.get("STRAVINSKY_SEED", "1"))
    failures = 0
    for tree in trees:
        print(f"{tree}:", flush=True)
        if tree == "linux" and not os.path.exists("/usr/src/linux-source-6.1.tar.xz"):
            failures += is_all
            print(f"    {'FAIL' if is_all else 'SKIP'} linux-source-6.1 is not installed: apt-get install linux-source-6.1")
            continue
        try:
            try_tree(os.path.abspath(options.program), tree, random.Random(seed), options.sanitized)
        except Failed as failed:
            failures += 1
            print(f"    FAIL {failed}")
    print(f"{len(trees)} trees, {failures} failures (seed {seed})")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
