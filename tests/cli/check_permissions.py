#!/usr/bin/env python3
"""What a user without rights is told: by the right status, on what, and what still works."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

NOBODY = 65534
LIMITED = 61234
program = str(pathlib.Path(sys.argv[1]).resolve())
problems = []


def check(what, condition, seen=""):
    if not condition:
        problems.append(f"{what}: {seen!r}")


def give_away(directory):
    """Root reads everything, so the program runs as nobody, to whom all this belongs."""
    if os.geteuid() != 0:
        return {}
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def every_file(directory):
    """What a write of any kind would change, though not when something was read."""
    seen = {}
    for path in [directory, *directory.rglob("*")]:
        status = path.lstat()
        seen[str(path)] = (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return seen


def check_thread_limits(own, environment):
    """As a user that nobody else is, since the system counts all that a user runs."""
    shutil.copy(program, own / "stravinsky")
    (own / ".claude").mkdir()
    (own / ".claude" / "large").write_bytes(os.urandom(3 << 20) * 12)
    for path in [own, *own.rglob("*")]:
        os.chown(path, LIMITED, LIMITED)

    def run(threads, *words):
        return subprocess.run([own / "stravinsky", *words], env={**environment, "HOME": str(own)}, cwd=own,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              user=LIMITED, group=LIMITED, extra_groups=[],
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads)))

    ran = run(2, "create", "one thread beside the first")
    check("a system that allows few threads is no error", ran.returncode == 0, ran)
    ran = run(2, "checkout", "latest", "--to", "few")
    check("nor for a restore", ran.returncode == 0, ran)
    ran = run(1, "create", "none")
    check("one that allows none is", ran.returncode == 1 and "thread" in ran.stderr, ran)


with tempfile.TemporaryDirectory() as top:
    home = pathlib.Path(top).resolve()
    own = home / "stravinsky"  # the build may lie where nobody may not go
    shutil.copy(program, own)
    (home / ".claude").mkdir()
    (home / ".claude" / "open").write_text("open\n")
    (home / ".claude" / "closed").write_text("closed\n")
    (home / "locked" / "below").mkdir(parents=True)
    as_nobody = give_away(home)
    environment = {"HOME": str(home), "USER": "tester", "PATH": "/usr/bin:/bin",
                   "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}

    def run(*words):
        return subprocess.run([own, *words], env=environment, cwd=home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, **as_nobody)

    ran = run("create", "first")
    check("create", ran.returncode == 0, ran.stderr)

    # With fewer threads than processors it takes longer; with none it says why it cannot.
    if as_nobody:
        with tempfile.TemporaryDirectory() as limited:
            check_thread_limits(pathlib.Path(limited).resolve(), environment)

    # Below a directory that may not be searched nobody knows what is there.
    (home / "locked").chmod(0)
    ran = run("snapshot", "locked/below")
    check("a path below a locked directory is denied", ran.returncode == 27, ran)
    check("not unknown", "-m" not in ran.stderr and "locked/below" in ran.stderr, ran.stderr)
    (home / "locked").chmod(0o700)

    # What was not read is not said to be unchanged.
    (home / ".claude" / "closed").chmod(0)
    ran = run("status")
    check("an unread entry makes a status partial", ran.returncode == 3, ran)
    check("and is named", "closed" in ran.stderr, ran.stderr)
    for command in (("status",), ("diff",), ("diff", "latest")):
        ran = run(*command, "--exit-code")
        check(f"{command}: no differences, but not all read", ran.returncode == 128, ran)
    (home / ".claude" / "open").write_text("changed\n")
    ran = run("status", "--exit-code")
    check("a difference is one, whatever was not read", ran.returncode == 1, ran)
    ran = run("create", "without it")
    check("a snapshot without an entry is partial", ran.returncode == 3, ran)
    check("which is named", "not captured: closed: Permission denied (unreadable)" in ran.stderr, ran.stderr)
    ran = run("-q", "show", "latest", "--losses")
    check("show --losses names it", "closed" in ran.stdout and "Permission denied" in ran.stdout, ran)
    ran = run("show", "latest", "--json")
    shown = json.loads(ran.stdout)
    check("the snapshot counts it", shown["snapshot"]["losses"] == 1, shown)
    losses = [(loss["path"], loss["kind"], loss["reason"]) for loss in shown["manifest"]["losses"]]
    check("snapshot.json holds it", losses == [("closed", "unreadable", "Permission denied")], losses)

    ran = run("checkout", "latest", "--delete")
    check("a plan says what it leaves alone",
          "! Would leave alone: closed: not read: Permission denied" in ran.stdout, ran)
    ran = run("checkout", "latest", "--delete", "--json")
    issues = [message for message in map(json.loads, ran.stdout.splitlines()) if message.get("path") == "closed"]
    check("to programs, too", len(issues) == 1 and issues[0]["reason"].startswith("not read: "), ran)

    # What cannot be read could not be brought back: a command with that promise does not begin.
    ran = run("run", "--rollback-on-failure", "--", "touch", "ran")
    check("run refuses to begin", ran.returncode == 125 and not (home / "ran").exists(), ran)
    check("and names what it cannot read", "'closed' cannot be read" in ran.stderr and "fix: " in ran.stderr, ran.stderr)
    ran = run("run", "--", "touch", "ran")
    check("without the promise it runs", ran.returncode == 0 and (home / "ran").exists(), ran)
    environment["STRAVINSKY_SAFETY_FAIL_SAFE_ON_BACKUP_ERROR"] = "false"
    ran = run("run", "--rollback-on-failure", "--", "rm", "ran")
    check("or where the settings allow it", ran.returncode == 0 and not (home / "ran").exists(), ran)
    del environment["STRAVINSKY_SAFETY_FAIL_SAFE_ON_BACKUP_ERROR"]
    (home / ".claude" / "closed").chmod(0o600)

    # A directory that may not be read keeps nothing else from coming back.
    ran = run("create", "whole")
    check("a snapshot before", ran.returncode == 0, ran)
    for name in ("there", "surplus"):
        (home / ".claude" / name).mkdir()
        (home / ".claude" / name / "file").write_text("1\n")
        if name == "there":
            run("snapshot", "--name", "both")
    give_away(home)
    (home / ".claude" / "open").write_text("changed again\n")
    for name in ("there", "surplus"):
        (home / ".claude" / name).chmod(0)
    ran = run("rollback", "to", "both", "-n")
    check("its plan names it", ran.returncode == 0 and ran.stdout.count("there/") == 1
          and "Would skip: there/: what is there cannot be read" in ran.stdout, ran)
    ran = run("rollback", "to", "both")
    check("a rollback beside it", ran.returncode == 3 and "Rollback incomplete" in ran.stdout
          and "Not restored: there: what is there cannot be read: Permission denied" in ran.stdout, ran)
    check("brings back all else", (home / ".claude" / "open").read_text() == "changed\n", ran)
    check("and leaves it closed", (home / ".claude" / "there").stat().st_mode & 0o777 == 0, ran)
    for name in ("there", "surplus"):
        (home / ".claude" / name).chmod(0o755)
        check("with what is in it", (home / ".claude" / name / "file").read_text() == "1\n", name)
    ran = run("rollback", "undo", "--json")
    undone = json.loads(ran.stdout.splitlines()[-1])
    check("an undo names its event", undone["undoes"]["event_type"] == "MANUAL_ROLLBACK"
          and undone["undoes"]["sequence"] > 1, undone)
    for name in ("there", "surplus"):
        (home / ".claude" / name).chmod(0o755)

    # Nor does a file that may not be read, where the root was a directory.
    (home / "root").mkdir()
    (home / "root" / "file").write_text("1\n")
    give_away(home)
    run("profile", "add", "root", "root")
    ran = run("-P", "root", "snapshot", "--name", "directory")
    check("a snapshot of the root", ran.returncode == 0, ran)
    shutil.rmtree(home / "root")
    (home / "root").write_text("2\n")
    give_away(home)
    (home / "root").chmod(0)
    ran = run("-P", "root", "rollback", "to", "directory")
    check("an unread root is left alone", ran.returncode == 3 and "cannot be read" in ran.stdout, ran)
    check("and is what it was", (home / "root").read_text() == "2\n" if os.geteuid() == 0 else True)
    (home / "root").unlink()
    (home / ".stravinsky" / "rollback" / "config.json").unlink()

    # A store that may not be written to is read as before.
    store = home / ".stravinsky" / "rollback"
    directories = [store, *(path for path in store.rglob("*") if path.is_dir())]
    for path in directories:
        path.chmod(0o500)
    before = every_file(store)
    for command in (("list",), ("status",), ("cat", "latest:open"), ("verify",), ("log", "open"),
                    ("create", "x", "--dry-run"), ("diff",), ("checkout", "latest", "--to", "out")):
        ran = run(*command)
        check(f"{command} reads a read-only store", ran.returncode == 0, ran)
    for command in (("create", "x"), ("pin", "latest"), ("init",), ("rename", "latest", "y")):
        ran = run(*command)
        check(f"{command} cannot write there", ran.returncode == 27, ran)
        check(f"{command} says so", "cannot write to the store" in ran.stderr
              and str(store) in ran.stderr and "fix: " in ran.stderr, ran.stderr)
    after = every_file(store)
    check("nothing in it was touched", after == before, set(after.items()) ^ set(before.items()))
    for path in directories:
        path.chmod(0o700)

    # A store of somebody else may hold anything, and its owner could change it meanwhile.
    if as_nobody:
        for path in [store, *store.rglob("*")]:
            os.chown(path, LIMITED, LIMITED, follow_symlinks=False)
            if path.is_dir():
                path.chmod(0o755)
        for command in (("list",), ("create", "x"), ("verify",)):
            ran = run(*command)
            check(f"{command} refuses a store of another", ran.returncode == 27, ran)
            check(f"{command} names its owner", str(LIMITED) in ran.stderr and str(store) in ran.stderr
                  and "fix: " in ran.stderr, ran.stderr)

print(*problems, "permissions checked", sep="\n")
sys.exit(1 if problems else 0)
