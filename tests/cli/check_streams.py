#!/usr/bin/env python3
"""Standard streams that fail, signals, and what only a terminal gets to see."""

import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile

program = str(pathlib.Path(sys.argv[1]).resolve())
problems = []
# Whoever runs the tests in the background of a script has it ignored, and the program would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def check(what, condition, seen=""):
    if not condition:
        problems.append(f"{what}: {seen!r}")


with tempfile.TemporaryDirectory() as top:
    home = pathlib.Path(top).resolve()
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text("{}\n")
    environment = {"HOME": str(home), "USER": "tester", "PATH": "/usr/bin:/bin",
                   "LC_ALL": "C.UTF-8", "TERM": "xterm",
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}

    def run(*words, **settings):
        settings.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([program, *words], env=settings.pop("env", environment), cwd=home,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60,
                              **settings)

    made = run("create", "first")
    check("create", made.returncode == 0, made.stderr)

    with open("/dev/full", "w") as full:
        ran = run("list", stdout=full)
    check("a full standard output is a full disk", ran.returncode == 26, ran.returncode)
    check("and is named", b"error: cannot write to standard output" in ran.stderr, ran.stderr)

    # What was done stays done, and is said where it still can be.
    with open("/dev/full", "w") as full:
        ran = run("snapshot", "--name", "unheard", stdout=full)
    check("a snapshot nobody heard of is a failure", ran.returncode == 26, ran.returncode)
    check("that names it", b"note: the snapshot claude/unheard was made" in ran.stderr, ran.stderr)
    check("and it is there", run("show", "unheard").returncode == 0)
    reading, writing = os.pipe()
    os.close(reading)
    ran = run("pin", "unheard", stdout=writing)
    os.close(writing)
    check("so does what was changed", b"note: claude/unheard was changed" in ran.stderr, ran.stderr)
    with open("/dev/full", "w") as full:
        ran = run("dump", "latest", stdout=full)
        check("an archive that does not fit is a full disk", ran.returncode == 26, ran.stderr)
        check("and says where", b"cannot write 'standard output': No space left" in ran.stderr, ran.stderr)

    reading, writing = os.pipe()
    os.close(reading)
    ran = run("list", stdout=writing)
    os.close(writing)
    check("a reader that went away is no message", ran.stderr == b"", ran.stderr)
    check("but no success either", ran.returncode == 1, ran.returncode)

    ran = subprocess.run(["sh", "-c", '"$0" list >&-', program], env=environment, cwd=home,
                         capture_output=True, timeout=60)
    check("a closed standard output is a failure", ran.returncode == 1, ran.stderr)
    ran = subprocess.run(["sh", "-c", '"$0" list 2>/dev/full', program], env=environment, cwd=home,
                         capture_output=True, timeout=60)
    check("a full standard error changes nothing", ran.returncode == 0 and b"first" in ran.stdout)

    # Nobody writes to this pipe: only the signal can end the reading.
    reading, writing = os.pipe()
    child = subprocess.Popen([program, "snapshot", "--stdin-name", "x", "-v"], env=environment,
                             cwd=home, stdin=reading, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    os.close(reading)
    while b"reading the stream" not in child.stderr.readline():
        pass
    child.send_signal(signal.SIGTERM)
    rest = child.stderr.read()
    check("a signal ends a stream that would not end", child.wait(60) == 143,
          (child.returncode, rest))
    os.close(writing)

    # The command waits for its child for ever; the signal reaches both.
    command = "echo ready >&2; exec sleep 1000"
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        child = subprocess.Popen(
            [program, "snapshot", "--stdin-name", "x", "--from-command", "--", "sh", "-c", command],
            env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while child.stderr.readline().strip() != b"ready":
            pass
        child.send_signal(number)
        rest = child.stderr.read()
        check(f"signal {number} stops at a safe point", child.wait(60) == status,
              (child.returncode, rest))
    listed = run("list", "--all", "--json").stdout
    check("and leaves no snapshot", listed.count(b'"commit"') == 2, listed)

    # A restore that is stopped says what is there, and the command it names brings back the rest.
    many = home / "many files"
    many.mkdir()
    for number in range(10000):
        (many / f"{number}").write_text(f"{number}\n")
    # A snapshot that is stopped while it reads a file, which here takes seconds, leaves nothing.
    large = home / "large" / "file"
    large.parent.mkdir()
    large.write_bytes(os.urandom(8 << 20))
    os.truncate(large, 32 << 30)
    unfinished = home / ".stravinsky" / "rollback" / "store.git" / "stravinsky" / "tmp"
    child = subprocess.Popen([program, "snapshot", "large", "-P", "large", "--name", "stopped"],
                             env=environment, cwd=home, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def has_open(path):
        try:
            return any(fd.readlink() == path for fd in pathlib.Path(f"/proc/{child.pid}/fd").iterdir())
        except OSError:  # one was closed, or it ended
            return False

    while child.poll() is None and not (has_open(large) and any(unfinished.iterdir())):
        pass
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)
    check("a snapshot stops at a signal", child.returncode == 130, (child.returncode, said))
    check("and says so", said[0] == b"" and b"error: " in said[1], said)
    check("with no debris", not any(unfinished.iterdir()), list(unfinished.iterdir()))
    check("and is no snapshot", run("show", "stopped", "-P", "large").returncode == 13)
    large.unlink()
    check("many files", run("snapshot", str(many), "-P", "many", "--name", "many").returncode == 0)
    target = home / "half of it"
    child = subprocess.Popen([program, "-P", "many", "checkout", "many", "--to", str(target)],
                             env=environment, cwd=home, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while child.poll() is None and not (target.is_dir() and any(target.iterdir())):
        pass
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1].decode()
    check("a restore stops at a signal", child.returncode == 130, (child.returncode, said))
    check("with whole files", all(file.read_text() == f"{file.name}\n" for file in target.iterdir()))
    check("which it counts", "each of them whole" in said, said)
    go_on = [line for line in said.splitlines() if line.startswith("fix: to go on: stravinsky ")]
    check("and says how to go on", len(go_on) == 1, said)
    command = go_on[0].removeprefix("fix: to go on: stravinsky") if go_on else "false"
    ran = subprocess.run(["bash", "-c", f"'{program}'{command}"], env=environment, cwd=home,
                         capture_output=True, timeout=60)
    check("that works", ran.returncode == 0, (go_on, ran.stderr))
    check("and brings back all", len(list(target.iterdir())) == 10000)

    def on_terminal(*words, **variables):
        ours, theirs = pty.openpty()
        ran = run(*words, stdout=theirs, env={**environment, **variables})
        os.close(theirs)
        seen = b""
        try:
            while True:
                piece = os.read(ours, 65536)
                if not piece:
                    break
                seen += piece
        except OSError:
            pass
        os.close(ours)
        return ran, seen

    check("a terminal gets colour", b"\033[" in on_terminal("list")[1])
    check("not with NO_COLOR", b"\033[" not in on_terminal("list", NO_COLOR="1")[1])
    check("not with --color never", b"\033[" not in on_terminal("list", "--color", "never")[1])
    check("a pipe gets none", b"\033[" not in run("list").stdout)
    check("but may ask for it", b"\033[" in run("list", "--color", "always").stdout)
    ran, seen = on_terminal("dump", "latest")
    check("a terminal gets no archive", ran.returncode == 2 and seen == b"", ran.stderr)

print(*problems, "streams checked", sep="\n")
sys.exit(1 if problems else 0)
