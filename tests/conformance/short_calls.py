#!/usr/bin/env python3
"""Everything with a kernel that reads and writes less than it was asked for, and is interrupted: all is done all the same.

  short_calls.py --program PATH --preload LIBRARY

Snapshots, checkouts, rollbacks, archives and updates run with tests/support/short_calls.cpp in them; plain git, the
second implementation, `diff` and a dump of all attributes then find nothing amiss.
"""
import argparse
import filecmp
import os
import random
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import plain_git  # noqa: E402

ATTRIBUTES = os.path.join(HERE, "..", "support", "attributes.py")


def require(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")


def attributes(directory):
    return subprocess.run([sys.executable, ATTRIBUTES, directory], capture_output=True, check=True).stdout


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--preload", required=True)
    options = parser.parse_args()
    program, preload = os.path.abspath(options.program), os.path.abspath(options.preload)
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="stravinsky-short-") as base:
        live, tally = os.path.join(base, "live"), os.path.join(base, "tally")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_"))}
        environment.update(HOME=os.path.join(base, "home"), USER="tester", LD_PRELOAD=preload, SHORT_CALLS=tally,
                           STRAVINSKY_STORE=os.path.join(base, "store"), STRAVINSKY_STORE_CHUNK_THRESHOLD_MB="1")
        os.makedirs(environment["HOME"])

        def run(*words):
            before = os.path.getsize(tally) if os.path.exists(tally) else 0
            said = subprocess.run([program, "-P", "short", *words], env=environment, cwd=base,
                                  stdin=subprocess.DEVNULL, capture_output=True)
            require(said.returncode == 0, f"{words} ends with {said.returncode}: {said.stdout}{said.stderr}")
            require(os.path.getsize(tally) > before, f"{words}: no call was made short")
            return said.stdout

        for size in (0, 1, 2, 3, 100, 4096, 65537, 3 << 20):
            write(os.path.join(live, "d", f"random{size}"), chance.randbytes(size))
            write(os.path.join(live, f"text{size}"), b"line of text\n" * (size // 13))
        for number in range(300):
            write(os.path.join(live, "many", f"entry{number}"), b"%d\n" % number)
        os.setxattr(os.path.join(live, "text100"), "user.note", chance.randbytes(500))
        run("snapshot", live, "--name", "first")
        first = attributes(live)
        write(os.path.join(live, "d", "random4096"), chance.randbytes(5000))
        write(os.path.join(live, f"text{3 << 20}"), b"another line of text\n" * 100_000)
        os.remove(os.path.join(live, "many", "entry7"))
        write(os.path.join(live, "more", "below"), b"new\n")
        run("snapshot", "--name", "second")
        second = attributes(live)

        run("checkout", "first", "--to", os.path.join(base, "out"))
        require(attributes(os.path.join(base, "out")) == first, "a checkout differs")
        run("rollback", "to", "first")
        require(attributes(live) == first, "a rollback differs")
        run("rollback", "undo")
        require(attributes(live) == second, "an undo differs")
        for archive in ("a.tar", "a.tar.zst"):
            run("dump", "second", "-o", os.path.join(base, archive))
        subprocess.run(["zstd", "-qdc", os.path.join(base, "a.tar.zst"), "-o", os.path.join(base, "b.tar")], check=True)
        require(filecmp.cmp(os.path.join(base, "a.tar"), os.path.join(base, "b.tar"), shallow=False), "archives differ")
        with tarfile.open(os.path.join(base, "a.tar")) as tar:
            require(len([m for m in tar if m.isfile()]) == 316, "files are missing in the archive")
        for path in ("d/random4096", f"d/random{3 << 20}"):
            with open(os.path.join(live, path), "rb") as file:
                require(run("cat", "second:" + path) == file.read(), f"{path} differs")
        write(os.path.join(base, "release", "settings.json"), b'{"a": 1}\n')
        subprocess.run(["tar", "-C", os.path.join(base, "release"), "-czf", os.path.join(base, "r.tar.gz"), "."], check=True)
        run("update", "1.0", "--from", os.path.join(base, "r.tar.gz"))
        require(os.path.exists(os.path.join(live, "settings.json")), "an update is not there")
        for words in (["status"], ["verify", "--read-data"], ["audit", "verify"], ["config", "set", "store.threads", "1"],
                      ["list", "--long"], ["audit", "export"]):
            run(*words)
        git_dir = os.path.join(base, "store", "store.git")
        broken = plain_git.find_broken(git_dir) + plain_git.find_unsigned(git_dir)
        require(not broken, "; ".join(broken))
        print(f"{os.path.getsize(tally)} calls made short, nothing missing")


if __name__ == "__main__":
    main()
