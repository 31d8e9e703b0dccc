#!/usr/bin/env python3
"""Runs the transcripts beside this file: shell commands with what they print and their statuses.

A transcript is lines of four kinds. `# text` explains. `$ command` is run by bash, `> text` goes on
with it. Then follows the expected output (standard output and error together), where `[..]` stands
for anything within a line and a line `[...]` for any lines. `? N` is the status when it is not 0.
An empty line ends the output; a real one is written `[empty]`.

Each transcript has a home directory of its own. In the end plain git is asked about every store in
it; a line `# damaged: why` says that it must have something to say.

STRAVINSKY_ACCEPT=1 writes what was printed into the transcript instead of failing; lines that match
already keep their wildcards.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import plain_git  # noqa: E402


class Step:
    def __init__(self, command):
        self.command, self.expected, self.status = command, [], 0
        self.lines = []  # the command as written


def parse(text):
    """A list of steps and, between them, lines to keep as they are."""
    items, step = [], None
    for line in text.splitlines():
        if line.startswith("$ "):
            step = Step(line[2:])
            step.lines.append(line)
            items.append(step)
        elif step and line.startswith("> ") and not step.expected:
            step.command += "\n" + line[2:]
            step.lines.append(line)
        elif step and re.fullmatch(r"\? \d+", line):
            step.status = int(line[2:])
        elif step and line != "" and not line.startswith("# "):
            step.expected.append(line)
        else:
            items.append(line)
            step = None
    return items


def line_matches(expected, actual):
    if expected == "[empty]":
        return actual == ""
    parts = [re.escape(part) for part in expected.split("[..]")]
    return re.fullmatch(".*".join(parts), actual) is not None


def matches(expected, actual):
    if not expected:
        return not actual
    if expected[0] == "[...]":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and line_matches(expected[0], actual[0]) and matches(expected[1:], actual[1:])


def accepted(step, actual):
    """The new expectation: old lines where they still match, else what was printed."""
    if matches(step.expected, actual):
        return step.expected
    kept = []
    for i, line in enumerate(actual):
        if i < len(step.expected) and line_matches(step.expected[i], line):
            kept.append(step.expected[i])
        else:
            kept.append(line if line else "[empty]")
    return kept


def environment(home, program, here):
    tools = home.parent / "bin"
    tools.mkdir()
    (tools / "stravinsky").symlink_to(program)
    (tools / "check-json").symlink_to(here / "check_json.py")
    return {
        "HOME": str(home), "USER": "tester", "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb", "GIT_CONFIG_NOSYSTEM": "1",
        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""), "TMPDIR": str(home.parent / "tmp"),
    }


def judge_stores(path, home, items):
    """Asks plain git about all stores that a transcript leaves. Returns how many failures."""
    found = [complaint for git_dir in sorted(home.glob("**/store.git"))
             for complaint in plain_git.complaints(str(git_dir))]
    damaged = any(isinstance(item, str) and item.startswith("# damaged: ") for item in items)
    if bool(found) == damaged:
        return 0
    print(f"{path.name}: git finds nothing, and `# damaged` is said" if damaged else
          f"{path.name}: " + "\n  ".join(found))
    return 1


def run(path, program, here):
    items, failures = parse(path.read_text()), 0
    with tempfile.TemporaryDirectory() as top:
        home = pathlib.Path(top).resolve() / "home"
        home.mkdir()
        (home.parent / "tmp").mkdir()
        variables = environment(home, program, here)
        for step in [item for item in items if isinstance(item, Step)]:
            ran = subprocess.run(["bash", "-c", step.command], cwd=home, env=variables,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=120)
            actual = ran.stdout.decode(errors="backslashreplace").splitlines()
            if matches(step.expected, actual) and ran.returncode == step.status:
                continue
            if os.environ.get("STRAVINSKY_ACCEPT"):
                step.expected, step.status = accepted(step, actual), ran.returncode
                continue
            failures += 1
            print(f"{path.name}: $ {step.command}")
            print(f"  expected, status {step.status}:", *step.expected, sep="\n    ")
            print(f"  printed, status {ran.returncode}:", *actual, sep="\n    ")
        failures += judge_stores(path, home, items)
        shutil.rmtree(home, ignore_errors=True)
    if os.environ.get("STRAVINSKY_ACCEPT"):
        lines = []
        for item in items:
            if isinstance(item, Step):
                lines += item.lines + item.expected + ([f"? {item.status}"] if item.status else [])
            else:
                lines.append(item)
        path.write_text("\n".join(lines) + "\n")
    return failures


def main():
    program, here = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    wanted = sys.argv[3:]
    paths = [p for p in sorted(here.glob("*.txt")) if p.name != "CMakeLists.txt"
             and (not wanted or p.stem in wanted)]
    if not paths:
        sys.exit("no transcripts found")
    failures = sum(run(path, program, here) for path in paths)
    print(f"{len(paths)} transcripts, {failures} failed steps")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
