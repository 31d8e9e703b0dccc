#!/usr/bin/env python3
"""What is said and done about an operation that a dead process left half-way."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from damage import damage_object

program = str(pathlib.Path(sys.argv[1]).resolve())
problems = []


def check(what, condition, seen=""):
    if not condition:
        problems.append(f"{what}: {seen!r}")


if shutil.which("strace") is None:
    print("SKIP: strace is not installed")
    sys.exit(77)

with tempfile.TemporaryDirectory() as top:
    home = pathlib.Path(top).resolve() / "home"
    live = home / ".claude"
    live.mkdir(parents=True)
    environment = {"HOME": str(home), "USER": "tester", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                   "ASAN_OPTIONS": "detect_leaks=0", "STRAVINSKY_STORE_THREADS": "1"}

    def run(*words, before=(), **more):
        return subprocess.run([*before, program, *words], env={**environment, **more}, cwd=home,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def write(value):
        for name in "abc":
            (live / name).write_text(value + "\n")

    def values():
        return {(live / name).read_text().strip() for name in "abc"}

    def interrupt(ref="one"):
        """Leaves a checkout with some of three files replaced."""
        for number in range(1, 40):
            write("two")
            run("checkout", ref, "-f", before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2",
                                                 "-e", f"inject=renameat2:signal=SIGKILL:when={number}"])
            if len(values()) == 2:
                return
            run("operations", "revert")
        check("a checkout can be interrupted half-way", False)

    write("one")
    check("first snapshot", run("snapshot", "--name", "one").returncode == 0)
    interrupt()
    ran = run("operations")
    check("it is shown", "interrupted" in ran.stdout and "of 3 entries switched" in ran.stdout, ran)
    listed = json.loads(run("operations", "--json").stdout)["operations"]
    check("as JSON too", len(listed) == 1 and 0 < listed[0]["switched"] < 3, listed)
    ran = run("status")
    check("reading commands leave it", ran.returncode == 0 and len(values()) == 2, ran)
    check("and name it", "was interrupted and waits: stravinsky operations" in ran.stderr, ran)
    check("once", "waits" not in run("operations").stderr)

    # STRAVINSKY_AUTO_RECOVER=0 leaves it to the user.
    ran = run("pin", "one", STRAVINSKY_AUTO_RECOVER="0")
    check("without recovery it is named", ran.returncode == 0 and "stravinsky operations" in ran.stderr, ran)
    check("and left", len(values()) == 2)
    ran = run("checkout", "one", "-f", STRAVINSKY_AUTO_RECOVER="0")
    check("nothing is switched on top of it", ran.returncode == 25 and "operations finish" in ran.stderr, ran)

    ran = run("operations", "revert")
    check("it is reverted", ran.returncode == 0 and values() == {"two"}, (ran, values()))
    check("and gone", "No operations" in run("operations").stdout)

    interrupt()
    ran = run("pin", "one")
    check("any writing command finishes it", "finished" in ran.stderr and values() == {"one"}, (ran, values()))

    # A recovery that fails is tried again, as often as the settings say.
    broken = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=syncfs,fsync", "-e"]
    tries = {"STRAVINSKY_RECOVERY_RECOVERY_RETRY_DELAY_SECONDS": "0"}
    interrupt()
    ran = run("pin", "one", before=[*broken, "inject=syncfs,fsync:error=EIO:when=1+"],
              STRAVINSKY_RECOVERY_MAX_RECOVERY_ATTEMPTS="3", **tries)
    check("three tries", ran.stderr.count("cannot end the operation") == 3 and "try 3 of 3" in ran.stderr
          and "try 4" not in ran.stderr, ran)
    check("and it is left to the user", "interrupted" in run("operations").stdout, ran)
    ran = run("operations", "finish", before=[*broken, "inject=syncfs,fsync:error=EIO:when=1+"])
    check("who asks for it by name is told once why not", ran.returncode != 0
          and (ran.stdout + ran.stderr).count("cannot end the operation") == 1
          and "is not ended" not in ran.stderr, ran)
    ran = run("pin", "one", before=[*broken, "inject=syncfs:error=EIO:when=1"],
              STRAVINSKY_RECOVERY_MAX_RECOVERY_ATTEMPTS="2", **tries)
    check("the second try ends it", "try 2 of 2" in ran.stderr and "finished" in ran.stderr and values() == {"one"},
          (ran, values()))

    # A stage that cannot be removed is no silent success, and waits for the next command.
    kept_stage = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rmdir,renameat2", "-e", "inject=rmdir:error=EIO"]
    write("two")
    ran = run("checkout", "one", "-f", before=kept_stage)
    check("it is listed as not cleared", ran.returncode == 3 and values() == {"one"} and re.search(
        r"^Not cleared: \S*/\.stravinsky-stage-\w+: it cannot be removed: .*Input/output error", ran.stdout, re.M), ran)
    ran = run("operations")
    check("it waits", "done; what it replaced is not cleared up" in ran.stdout
          and "stravinsky operations finish" in ran.stdout, ran)
    ran = run("operations", "finish")
    check("and is ended", ran.returncode == 0 and not list(home.glob("**/.stravinsky-stage-*"))
          and "No operations" in run("operations").stdout, ran)

    # So it is after a way back.
    for number in range(1, 40):
        write("two")
        ran = run("checkout", "one", "-f", before=[*kept_stage, "-e", f"inject=renameat2:error=EIO:when={number}"])
        if "everything else is as it was" in ran.stderr:
            break
        run("operations", "revert")
    check("what ends it is said", values() == {"two"} and "it cannot be removed" in ran.stderr
          and "or: stravinsky operations revert" in ran.stderr, ran)
    ran = run("operations", "revert")
    check("and that ends it", ran.returncode == 0 and not list(home.glob("**/.stravinsky-stage-*"))
          and "No operations" in run("operations").stdout, ran)

    # An edit after the crash is not overwritten: the operation goes back instead.
    interrupt()
    edited = next(name for name in "abc" if (live / name).read_text() == "two\n")
    (live / edited).write_text("edited\n")
    ran = run("operations", "finish")
    check("an edit makes it go back", ran.returncode == 0 and "reverted" in ran.stdout, ran)
    check("the edit stays", (live / edited).read_text() == "edited\n" and values() == {"two", "edited"}, values())

    # Nor is a file that was switched and then removed put there again as if nothing had come between.
    interrupt()
    removed = next(name for name in "abc" if (live / name).read_text() == "one\n")
    (live / removed).unlink()
    ran = run("operations", "finish")
    check("a removal makes it go back", "reverted" in ran.stdout and "it was removed meanwhile" in ran.stdout, ran)
    check("to what was live", values() == {"two"}, values())

    # So is one of a file that was switched already: what it was before is in the safety snapshot.
    interrupt()
    edited = next(name for name in "abc" if (live / name).read_text() == "one\n")
    (live / edited).write_text("edited new\n")
    ran = run("operations", "revert")
    kept = list(home.glob(".stravinsky-stage-*/new.0/*"))
    held = [path.read_text() for path in kept] + [path.read_text() for path in live.iterdir()]
    check("an edit of the new file is kept", "edited new\n" in held, (ran, held))
    check("the tree is old", values() == {"two"}, values())
    if kept:
        ran = run("operations")
        check("and it is named", str(kept[0]) in ran.stdout, ran)

    # What could not be brought back is still told when another command ends the operation.
    (live / "d").write_text("lost\n")
    write("one")
    check("snapshot", run("snapshot", "--name", "with-d").returncode == 0)
    (live / "d").unlink()
    damage_object(next(home.glob("**/store.git")), "claude/with-d:d")
    interrupt("with-d")
    ran = run("operations", "finish")
    check("what is damaged is named", "finished" in ran.stdout and f"{live}/d" in ran.stdout, ran)
    check("all else is there", values() == {"one"}, values())

print(*problems, "operations checked", sep="\n")
sys.exit(1 if problems else 0)
