#!/usr/bin/env python3
"""Plain git as the referee of a store that `stravinsky` made of hard trees.

  git_referee.py --program PATH [--seed N] [--keep]

Prints a line for each check and exits 1 when one fails.
"""
import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NASTY = os.path.join(HERE, "..", "support", "nasty_tree.py")
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import plain_git  # noqa: E402

RECOMPUTE = os.path.join(HERE, "recompute.py")


class Referee:
    def __init__(self, program, seed):
        self.program, self.seed = os.path.abspath(program), seed
        self.base = tempfile.mkdtemp(prefix="stravinsky-git-")
        self.live = os.path.join(self.base, "live")
        self.git_dir = os.path.join(self.base, "store", "store.git")
        self.failures = 0
        self.environment = {k: v for k, v in os.environ.items()
                            if not k.startswith(("STRAVINSKY", "XDG_", "GIT_"))}
        self.environment.update(HOME=os.path.join(self.base, "home"), USER="tester",
                                STRAVINSKY_STORE=os.path.join(self.base, "store"),
                                GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="t",
                                GIT_AUTHOR_EMAIL="t@t", GIT_COMMITTER_NAME="t", GIT_COMMITTER_EMAIL="t@t")
        os.mkdir(self.environment["HOME"])

    def run(self, *words, **options):
        return subprocess.run(words, env=self.environment, capture_output=True, cwd=self.base,
                              stdin=subprocess.DEVNULL, **options)

    def git(self, *words):
        return self.run("git", "--git-dir", self.git_dir, *words)

    def check(self, what, holds, detail=b""):
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
        if not holds:
            self.failures += 1
            print(detail.decode(errors="replace")[:2000])

    def expect(self, what, result, status=0):
        said = result.stdout + result.stderr
        self.check(what, result.returncode == status, said)
        return result.stdout

    def snapshot(self, name, *more):
        result = self.run(self.program, "snapshot", self.live, "-P", "nasty", "--name", name, *more)
        self.check(f"snapshot {name}", result.returncode == 0, result.stdout + result.stderr)

    def make(self):
        self.expect("a tree of hard names", self.run(sys.executable, NASTY, "--seed", str(self.seed),
                                                     "--size", "150", self.live))
        plain = {"plain/hello.txt": b"hello\r\n\xff\x00binary\n", "plain/.gitattributes":
                 b"* text eol=crlf export-ignore filter=evil working-tree-encoding=UTF-16 export-subst\n",
                 "plain/subst.txt": b"$Format:%H$ $Id$\n"}
        for path, content in plain.items():
            full = os.path.join(self.live, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as file:
                file.write(content)
        self.plain = plain

    def attributes(self):
        """A second implementation reads from the store what another part of it reads from the live tree."""
        stored, live = (self.run(sys.executable, RECOMPUTE, *words) for words in
                        ((self.git_dir, "--attributes", "refs/tags/nasty/first"), ("--live", self.live)))
        differ = [line for pair in zip(stored.stdout.splitlines(), live.stdout.splitlines()) if pair[0] != pair[1]
                  for line in pair]
        self.check("every attribute that was stored is that of the live tree", stored.returncode == 0 and
                   live.returncode == 0 and len(stored.stdout) > 10_000 and stored.stdout == live.stdout,
                   stored.stderr + live.stderr + b"\n".join(differ[:10]))

    def show(self):
        for path, content in self.plain.items():
            stored = path.replace("/.gitattributes", "/%2Egitattributes")
            self.check(f"git show first:{stored}",
                       self.git("show", f"nasty/first:{stored}").stdout == content)
        archive = self.git("archive", "nasty/first:plain").stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
        expected = {k[6:].replace(".gitattributes", "%2Egitattributes"): v for k, v in self.plain.items()}
        self.check("git archive has every file byte for byte", files == expected, repr(files).encode())

    def history(self):
        with open(os.path.join(self.live, "plain/hello.txt"), "ab") as file:
            file.write(b"more\n")
        self.snapshot("second")
        changed = self.git("diff", "--name-only", "nasty/first", "nasty/second", "--", ":!.stravinsky").stdout
        self.check("git diff names just the change", changed == b"plain/hello.txt\n", changed)
        log = self.git("log", "-p", "--format=%s", "nasty", "--").stdout
        self.check("git log -p of the story shows it",
                   b"Snapshot second" in log and b"plain/hello.txt" in log, log)

    def collect(self):
        found = plain_git.find_collected(self.git_dir)
        self.check("git gc --prune=now succeeds and deletes nothing", not found, "\n".join(found).encode())
        self.check("git prune refuses", self.git("prune").returncode != 0)
        self.check("git repack -ad refuses", self.git("repack", "-ad").returncode != 0)
        with open(os.path.join(self.live, "plain/during"), "wb") as file:
            file.write(os.urandom(20_000_000))
        writer = subprocess.Popen([self.program, "snapshot", self.live, "-P", "nasty", "--name", "during"],
                                  env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        rounds, failed = 0, b""
        while writer.poll() is None:
            collected = self.git("gc", "--prune=now", "--quiet")
            if collected.returncode != 0:
                failed += collected.stderr
            rounds += 1
        said = writer.communicate()[0]
        self.check(f"{rounds} rounds of git gc --prune=now during a snapshot succeed", rounds > 0 and not failed, failed)
        self.check("and it is whole",
                   writer.returncode == 0 and self.git("rev-list", "--objects", "--quiet",
                                                       "nasty/during").returncode == 0, said)

    def fsck(self):
        for what, check in (("git fsck --strict is silent, and the second implementation agrees", plain_git.find_broken),
                            ("git verify-commit accepts every snapshot and event", plain_git.find_unsigned)):
            found = check(self.git_dir)
            self.check(what, not found, "\n".join(found).encode())

    def clone(self):
        clone = os.path.join(self.base, "clone")
        self.expect("git clone --no-checkout", self.run("git", "clone", "-q", "--no-checkout",
                                                        self.git_dir, clone))
        self.expect("git prune works in a clone", self.run("git", "-C", clone, "prune"))
        self.expect("git repack -ad works in a clone", self.run("git", "-C", clone, "repack", "-adq"))
        self.expect("a clone can be read", self.run(self.program, "-s", clone, "-P", "nasty", "ls", "latest"))
        found = plain_git.find_uncloneable(self.git_dir)
        self.check("a push with receive.fsckObjects is accepted", not found, "\n".join(found).encode())

    def check_out(self):
        small = os.path.join(self.base, "small")
        os.makedirs(os.path.join(small, "hooks"))
        with open(os.path.join(small, "hooks", "run.sh"), "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod(os.path.join(small, "hooks", "run.sh"), 0o755)
        self.expect("a small profile", self.run(self.program, "snapshot", small, "-P", "small", "--name", "v1"))
        out = os.path.join(self.base, "out")
        self.expect("git clone -b PROFILE/NAME", self.run("git", "clone", "-q", "-b", "small/v1",
                                                          self.git_dir, out))
        path = os.path.join(out, "hooks", "run.sh")
        self.check("and its checkout are the files", os.access(path, os.X_OK))

    def large(self):
        """A large file is a directory of pieces for git, which `cat` puts together."""
        self.expect("a low threshold", self.run(self.program, "config", "set", "store.chunk_threshold_mb", "1"))
        tree = os.path.join(self.base, "with large")
        os.mkdir(tree)
        for name, content in (("big", os.urandom(3 << 20)), ("sparse", bytes(9 << 20) + b"end"), ("small", b"small\n")):
            with open(os.path.join(tree, name), "wb") as file:
                file.write(content)
        self.expect("a snapshot of large files", self.run(self.program, "snapshot", tree, "-P", "large", "--name", "v1"))
        out = os.path.join(self.base, "large out")
        self.expect("git clone -b of it", self.run("git", "clone", "-q", "-b", "large/v1", self.git_dir, out))
        for name in ("big", "sparse"):
            pieces = os.listdir(os.path.join(out, name))
            self.check(f"{name} is several pieces", len(pieces) > 1, repr(pieces).encode())
            self.expect(f"cat {name}/* is the file", self.run("sh", "-c", f"cat '{out}/{name}'/* | cmp - '{tree}/{name}'"))
        shown = self.git("show", "large/v1:small").stdout
        self.check("a small file beside them is one", shown == b"small\n", shown)
        for what, check in (("git fsck and the second implementation accept them", plain_git.find_broken),
                            ("a push of them is accepted", plain_git.find_uncloneable)):
            found = check(self.git_dir)
            self.check(what, not found, "\n".join(found).encode())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("STRAVINSKY_SEED", "1")))
    parser.add_argument("--keep", action="store_true", help="leave the store for a look")
    options = parser.parse_args()
    referee = Referee(options.program, options.seed)
    try:
        referee.make()
        referee.snapshot("first")
        referee.attributes()
        referee.fsck()
        referee.show()
        referee.history()
        referee.collect()
        referee.fsck()
        referee.clone()
        referee.check_out()
        referee.large()
    finally:
        if options.keep:
            print(referee.base)
        else:
            subprocess.run(["chmod", "-R", "u+rwX", referee.base], capture_output=True)
            subprocess.run(["chattr", "-R", "-i", "-a", referee.base], capture_output=True)
            shutil.rmtree(referee.base, ignore_errors=True)
    print(f"{referee.failures} failures (seed {options.seed})")
    return 1 if referee.failures else 0


if __name__ == "__main__":
    sys.exit(main())
