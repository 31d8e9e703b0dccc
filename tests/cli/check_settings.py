#!/usr/bin/env python3
"""Settings that only a run of the program shows on and off: what waits for a lock, reads back what it wrote, and drops
old logs. [S15] [S29] [S30]"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

program = str(pathlib.Path(sys.argv[1]).resolve())
problems = []


def check(what, condition, seen=""):
    if not condition:
        problems.append(f"{what}: {seen!r}")


if shutil.which("strace") is None:
    print("SKIP: strace is not installed")
    sys.exit(77)


class Home:
    """A home directory with one file that is captured, and its first snapshot."""

    def __init__(self, top):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=top))
        self.live = self.path / ".claude"
        self.live.mkdir()
        (self.live / "settings.json").write_text("{}\n")
        self.store = self.path / ".stravinsky/rollback"
        check("a first snapshot", self.run("snapshot").returncode == 0)

    def start(self, *words, before=(), **more):
        environment = {"HOME": str(self.path), "USER": "tester", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                       "ASAN_OPTIONS": "detect_leaks=0", "STRAVINSKY_STORE_THREADS": "1", **more}
        return subprocess.Popen([*before, program, *words], env=environment, cwd=self.path, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, **more):
        started = self.start(*words, **more)
        started.stdout_text, started.stderr_text = started.communicate(timeout=120)
        return started

    def settings(self, **sections):
        (self.store / "config.json").write_text(json.dumps(sections))


def lock_timeout_seconds(top):
    """0 tries once; more waits for whoever holds the lock to let go of it."""
    home = Home(top)
    (home.live / "settings.json").write_text('{"model": "opus"}\n')
    lock, trace = home.store / "store.git/stravinsky/lock.profile.claude", home.path / "trace"
    held = ["flock", str(lock)]
    watched = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=flock"]

    def refusals():
        return trace.read_text().count("EAGAIN") if trace.exists() else 0

    home.settings(safety={"lock_timeout_seconds": 0})
    holder = subprocess.Popen([*held, "cat"], stdin=subprocess.PIPE)
    while subprocess.run(["flock", "-n", str(lock), "true"]).returncode == 0:
        pass  # the holder has not begun yet
    ran = home.run("snapshot", before=watched)
    check("0 seconds: locked", ran.returncode == 11 and "--lock-wait" in ran.stderr_text, ran.stderr_text)
    check("0 seconds: one try", refusals() == 1, trace.read_text())
    trace.unlink()
    home.settings(safety={"lock_timeout_seconds": 1000})
    waiting = home.start("snapshot", before=watched)
    while refusals() < 3 and waiting.poll() is None:
        pass  # it is seen to wait
    holder.communicate()
    check("it waits until the lock is free", waiting.wait(timeout=120) == 0, waiting.stderr.read())
    waiting.communicate()


def verify_on_creation(top):
    """A program that signs gets at a snapshot before it is finished: here it damages it."""
    for settings, status in (({}, 14), ({"verify_on_creation": False}, 0), ({"spot_check_percentage": 0}, 0)):
        home = Home(top)
        signer = home.path / "signer"
        signer.write_text("#!/bin/sh\nfor pack in ~/.stravinsky/rollback/store.git/stravinsky/tmp/*; do\n"
                          "  test $(stat -c %s \"$pack\") -lt 1000000 ||\n"
                          "    printf XXXXXXXX | dd of=\"$pack\" bs=1 seek=600000 conv=notrunc 2> /dev/null\n"
                          "done\nexec ssh-keygen \"$@\"\n")
        signer.chmod(0o755)
        (home.live / "large").write_bytes(os.urandom(2_000_000))
        home.settings(signing={"program": str(signer)},
                      backup={"compression": "none", "spot_check_percentage": 100, **settings})
        ran = home.run("snapshot")
        check(f"{settings}", ran.returncode == status, (ran.returncode, ran.stderr_text))
        home.settings()
        found = home.run("verify", "--read-data").returncode
        check("the damage was done", found == 14, found)


def log_retention_days(top):
    home = Home(top)
    old = home.store / "audit/archive/operations.log.2020-01-01.gz"
    old.parent.mkdir(exist_ok=True)

    def kept(settings, **variables):
        old.write_bytes(b"")
        home.settings(**settings)
        check("a command", home.run("pin", "latest", **variables).returncode == 0)
        return old.exists()

    check("a log of 2020 is past its time", not kept({}))
    check("unless the file says otherwise", kept({"audit": {"log_retention_days": 36500}}))
    check("or a variable", kept({}, STRAVINSKY_AUDIT_RETENTION_DAYS="36500"))
    check("which is the later word", not kept({"audit": {"log_retention_days": 36500}},
                                              STRAVINSKY_AUDIT_RETENTION_DAYS="30"))


with tempfile.TemporaryDirectory() as where:
    top = str(pathlib.Path(where).resolve())
    for case in (lock_timeout_seconds, verify_on_creation, log_retention_days):
        case(top)

print(*problems, "settings checked", sep="\n")
sys.exit(1 if problems else 0)
