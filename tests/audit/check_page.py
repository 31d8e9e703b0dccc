#!/usr/bin/env python3
"""Runs what docs/audit.md says about checking the chain with git alone, as it is written there: on a sound store, and
on stores that were tampered with, where the step that ought to must stop it.

  check_page.py --program PATH PAGE
"""

import argparse
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import Case, with_trailer, without_signature

ENDS = ["every event is signed by a key that was trusted", "5 events in a line",
        "the refs are as the newest event says", "every snapshot is what was signed", "what was noted is part of it"]


def run(case, script, **noted):
    link = case.home / ".stravinsky"
    link.mkdir(exist_ok=True)
    if not (link / "rollback").exists():
        (link / "rollback").symlink_to(case.store)
    return subprocess.run(["sh", "-c", script], env={**case.environment, **noted}, capture_output=True, text=True)


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
    elif how == "wrong link":  # signed by the right key, and naming another event before it
        payload = with_trailer(without_signature(events[-1]), "Previous-SHA256", "1" * 64)
        case.point(events[:-1] + [case.sign(payload)])
    elif how == "wrong digest":  # a snapshot signed by the right key, with a digest of something else
        payload = with_trailer(without_signature(case.commit("refs/tags/claude/two")), "Content-SHA256", "1" * 64)
        tag = case.put("commit", case.sign(payload))
        case.git("update-ref", "refs/tags/claude/two", tag)
        lines = case.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags", "refs/stravinsky")
        kept = b"".join(line for line in lines.splitlines(keepends=True) if not line.endswith(b" refs/heads/audit\n"))
        case.point(events[:-1] + [case.sign(with_trailer(without_signature(events[-1]), "Refs-SHA256",
                                                         hashlib.sha256(kept).hexdigest()))])
    elif how == "signed anew":
        case.resign(events[:-1] + [case.with_event(events[-1], lambda event: event.update(operation_duration_seconds=0.5))])
    elif how == "damaged":
        blob = case.id_of("refs/tags/claude/two:settings.json")
        for pack in (case.git_dir / "objects/pack").glob("*.pack"):
            moved = case.top / pack.name
            shutil.move(pack, moved)
            pack.with_suffix(".idx").unlink()
            case.git("unpack-objects", "-q", stdin=moved.read_bytes())
        (case.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
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

    case = Case(arguments.program)
    # In a clone: its branch has another name, and it has no list of signers but that of the chain.
    subprocess.run(["git", "clone", "-q", str(case.git_dir), str(case.top / "clone")], check=True, env=case.environment)
    in_clone = script.replace("cd ~/.stravinsky/rollback/store.git", f"cd {case.top}/clone")
    ran = run(case, in_clone)
    if in_clone == script or ran.returncode != 0 or ran.stdout.splitlines() != ENDS:
        problems.append(f"in a clone: {ran.returncode}\n{ran.stdout}{ran.stderr}")
    # What was revoked is said.
    old = case.key
    case.run("key", "use", str(case.new_key("new", "tester@new")))
    name = subprocess.run(["ssh-keygen", "-lf", str(old)], check=True, capture_output=True, text=True).stdout.split()[1]
    case.run("key", "revoke", name, "--from", "3")
    ran = run(case, script)
    # Git knows whole seconds: whether a tag of the same second is signed by a key that was trusted is as it falls.
    if f'revoked: "from":3 "key":"{name}"' not in ran.stdout or (
            ran.returncode != 0 and not ran.stdout.splitlines()[-1].startswith("not signed: refs/tags/")):
        problems.append(f"a revoked key: {ran.returncode}\n{ran.stdout}{ran.stderr}")
    case.close()

    for how, said in (("edited", "not trusted"), ("wrong link", "not linked"), ("wrong digest", "changed: refs/tags/claude/two"),
                      ("signed anew", "rewritten or cut off"), ("damaged", "damaged"), ("dropped", "not trusted"), ("rewritten link", "a ref was moved"),
                      ("moved", "a ref was moved")):
        case = Case(arguments.program)
        noted = case.id_of("audit")
        tampered(case, how)
        ran = run(case, script, **({"NOTED": noted} if how == "signed anew" else {}))
        if ran.returncode == 0 or not ran.stdout.splitlines()[-1].startswith(said):
            problems.append(f"{how}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
        case.close()
    print(*problems, "the page checked", sep="\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
