#!/usr/bin/env python3
"""A bar for a terminal, JSON lines for programs, and neither for whoever wants none.

Streams are held open until the one that must show something did, so nothing is waited for by the clock; the ones that
must stay silent began before it.
"""

import json
import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import time

program = str(pathlib.Path(sys.argv[1]).resolve())
problems = []
BAR = b"\r\033[K"


def check(what, condition, seen=""):
    if not condition:
        problems.append(f"{what}: {seen!r}")


class Stream:
    """A snapshot of a stream that goes on for as long as we like, with standard error on a terminal."""

    def __init__(self, home, name, *words):
        environment = {"HOME": str(home), "USER": "tester", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                       "TERM": "xterm", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.terminal, theirs = pty.openpty()
        self.said = self.printed = b""
        self.child = subprocess.Popen([program, *words, "snapshot", "--stdin-name", name, "-P", name], env=environment,
                                      cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        os.set_blocking(self.terminal, False)
        os.set_blocking(self.child.stdout.fileno(), False)

    def feed(self):
        os.write(self.child.stdin.fileno(), bytes(1 << 16))
        self.listen()

    def listen(self):
        for fd, name in ((self.terminal, "said"), (self.child.stdout.fileno(), "printed")):
            try:
                setattr(self, name, getattr(self, name) + os.read(fd, 1 << 16))
            except OSError:  # nothing yet, or nobody is there any more
                pass

    def end(self):
        self.child.stdin.close()
        while self.child.poll() is None:
            self.listen()
        self.listen()
        os.close(self.terminal)
        check(f"{self.child.args}", self.child.returncode == 0, (self.said, self.printed))


with tempfile.TemporaryDirectory() as top:
    home = pathlib.Path(top).resolve()
    made = Stream(home, "quick")
    begin = time.monotonic()
    made.end()
    if time.monotonic() - begin < 0.4:  # what took longer may well have shown one
        check("what is done at once shows no bar", BAR not in made.said, made.said)

    silent = [Stream(home, "without", "--no-progress"), Stream(home, "quiet", "-q"),
              Stream(home, "json-without", "--json", "--no-progress")]
    bar, lines = Stream(home, "bar"), Stream(home, "json", "--json")
    streams = [*silent, bar, lines]
    while b"MiB" not in bar.said or b"progress" not in lines.printed:
        if any(stream.child.poll() is not None for stream in streams):
            break
        for stream in streams:
            stream.feed()
    for stream in streams:
        stream.end()

    check("a terminal gets a bar", BAR + b"reading: 0 files, " in bar.said and b"/s)" in bar.said, bar.said)
    check("which is taken away at the end", bar.said.rstrip().endswith(BAR.strip()) or
          bar.said.rfind(BAR) > bar.said.rfind(b"reading:"), bar.said)
    for stream in silent:
        check(f"{stream.child.args}: no bar", b"\r\033" not in stream.said and b"reading" not in stream.said, stream.said)
    check("no JSON lines without progress", b'"progress"' not in silent[2].printed, silent[2].printed)
    check("with --json there is none on the terminal", lines.said == b"", lines.said)
    shown = [json.loads(line) for line in lines.printed.splitlines()]
    check("but JSON lines before the summary", [line["type"] for line in shown] ==
          ["progress"] * (len(shown) - 1) + ["summary"] and len(shown) > 1, shown)
    check("that count", all(line["bytes"] > 0 and line["seconds"] > 0 and line["label"] == "reading"
                            for line in shown[:-1]), shown)

print(*problems, "progress checked", sep="\n")
sys.exit(1 if problems else 0)
