#!/usr/bin/env python3
"""Every command's help has a purpose, its options, an example and its exit statuses; the example is
a command that exists; and docs/errors.md says the same about the statuses as the program."""

import pathlib
import re
import subprocess
import sys

program, source = sys.argv[1], pathlib.Path(sys.argv[2])
problems = []


def run(*words):
    ran = subprocess.run([program, *words], capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout


script = run("completion", "bash")[1]
commands = re.findall(r"^      '([^']+)'\) path=", script, re.M)
if len(commands) < 30:
    problems.append(f"only {len(commands)} commands found")

groups = {words.rsplit(" ", 1)[0] for words in commands if " " in words}
for words in commands:
    status, text = run(*words.split(), "-h")
    lines = text.splitlines()
    if status != 0 or not lines or not lines[0].strip():
        problems.append(f"{words}: no purpose (status {status})")
        continue
    for part in ("Usage: ", "Example:\n  ", "Exit statuses:\n    0  done\n", "-h,--help"):
        if part not in text:
            problems.append(f"{words}: no {part!r}")
    example = re.search(r"Example:\n  (.*)", text)
    called = re.search(r"stravinsky ([a-z-]+(?: [a-z]+)?)", example.group(1)) if example else None
    names = {words.split()[0] for words in commands}
    if not called or called.group(1).split()[0] not in names:
        problems.append(f"{words}: the example is {example and example.group(1)!r}")
    if words not in groups and run("help", *words.split())[1].splitlines()[:1] != lines[:1]:
        problems.append(f"{words}: `help {words}` says something else")

rows = re.findall(r"^ +(\d+)  (.+)$", run("help", "exit-statuses")[1], re.M)
page = (source / "docs" / "errors.md").read_text()
for status, meaning in rows:
    if not re.search(rf"^\| {status} \| {re.escape(meaning)} \|", page, re.M):
        problems.append(f"docs/errors.md lacks: | {status} | {meaning} |")
listed = re.findall(r"^\| (\d+) \| ", page, re.M)
if sorted(map(int, listed)) != [int(row[0]) for row in rows]:
    problems.append(f"docs/errors.md lists {listed}")

print(*problems, f"{len(commands)} commands checked", sep="\n")
sys.exit(1 if problems else 0)
