#!/usr/bin/env python3
"""Runs what docs/recovery.md says about recovering with nothing but git, as it is written there."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

program, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
page = (source / "docs" / "recovery.md").read_text()
recipe = re.search(r"## With nothing but git\n.*?```sh\n(.*?)```", page, re.S).group(1)

with tempfile.TemporaryDirectory() as top:
    home, temporary = pathlib.Path(top) / "home", pathlib.Path(top) / "tmp"
    temporary.mkdir()
    live = home / ".claude"
    (live / "hooks").mkdir(parents=True)
    (live / "settings.json").write_text("{}\n")
    (live / "hooks" / "a.sh").write_text("#!/bin/sh\n")
    (live / "hooks" / "a.sh").chmod(0o755)
    environment = {"HOME": str(home), "USER": "tester", "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1",
                   "TMPDIR": str(temporary),
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
    subprocess.run([program, "-q", "snapshot", "--name", "saved"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    script = recipe.replace("NAME", "saved")
    ran = subprocess.run(["sh", "-e", "-c", script], env=environment, capture_output=True, text=True)
    problems = [] if ran.returncode == 0 else [f"{script}\n{ran.stdout}{ran.stderr}"]
    back = pathlib.Path(ran.stdout.splitlines()[-1]) if ran.stdout else temporary / "nothing"
    if back.parent != temporary:
        problems.append(f"not told where it came back: {ran.stdout}")
    for path in ("settings.json", "hooks/a.sh"):
        there = back / path
        if not there.is_file() or there.read_bytes() != (live / path).read_bytes():
            problems.append(f"{path} did not come back")
    if back.exists() and sorted(os.listdir(back)) != ["hooks", "settings.json"]:
        problems.append(f"came back: {os.listdir(back)}")
    if "{}" not in ran.stdout or "claude/saved" not in ran.stdout:
        problems.append(f"said: {ran.stdout}")

print(*problems, "the page checked", sep="\n")
sys.exit(1 if problems else 0)
