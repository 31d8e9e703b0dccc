#!/usr/bin/env python3
"""Runs what docs/audit.md says about checking the chain with git alone, as it is written there: on a sound store, and
on stores that were tampered with, where the step that ought to must stop it.

  check_page.py --program PATH PAGE
"""

import argparse
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import Case

ENDS = ["every event is signed by a key that was trusted", "5 events in a line",
        "the refs are as the newest event says", "every snapshot is what was signed", "what was noted is part of it"]


def run(case, script):
    link = case.home / ".stravinsky"
    link.mkdir(exist_ok=True)
    if not (link / "rollback").exists():
        (link / "rollback").symlink_to(case.store)
    return subprocess.run(["sh", "-c", script], env=case.environment, capture_output=True, text=True)


def tampered(case, how):
    events = case.events()
    if how == "edited":
        events[2] = case.with_event(events[2], lambda event: event.update(user="somebody"))
        case.point(events)
    elif how == "dropped":
        kept = events[:2] + events[3:]
        case.point(kept)
    elif how == "rewritten link":
        case.git("update-ref", "refs/heads/audit", "audit~1")
    elif how == "moved":
        case.git("update-ref", "refs/tags/claude/one", "refs/tags/claude/two")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("page")
    arguments = parser.parse_args()
    text = pathlib.Path(arguments.page).read_text()
    section = text[text.index("## Checking it with git alone"):]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.S)
    problems = [] if len(blocks) == 6 else [f"{len(blocks)} blocks of commands"]
    script = "\n".join(blocks)

    case = Case(arguments.program)
    ran = run(case, script)
    if ran.returncode != 0 or ran.stdout.splitlines() != ENDS:
        problems.append(f"on a sound store: {ran.returncode}\n{ran.stdout}{ran.stderr}")
    # After a change of keys as well: the old one is trusted for its time.
    case.run("key", "use", str(case.new_key("new", "tester@new")))
    case.run("unpin", "one")
    ran = run(case, script)
    if ran.returncode != 0 or "7 events in a line" not in ran.stdout:
        problems.append(f"after a change of keys: {ran.returncode}\n{ran.stdout}{ran.stderr}")
    case.close()

    for how, said in (("edited", "not trusted"), ("dropped", "not trusted"), ("rewritten link", "a ref was moved"),
                      ("moved", "a ref was moved")):
        case = Case(arguments.program)
        tampered(case, how)
        ran = run(case, script)
        if ran.returncode == 0 or not ran.stdout.splitlines()[-1].startswith(said):
            problems.append(f"{how}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
        case.close()
    print(*problems, "the page checked", sep="\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
