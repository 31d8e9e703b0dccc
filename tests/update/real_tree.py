#!/usr/bin/env python3
"""A configuration of more than a hundred files, from 0.4.0 to 0.4.1 with the user's edits in it: merge, failure,
automatic rollback, undo; and the ways in which updaters have lost such edits, each looked for.  [S01] [S02] [S04]

  real_tree.py --program PATH [--times N]

--times prints how long the program takes for validate, update and automatic rollback: the median of N runs.
"""
import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time

from release_trees import Place, make_release, require, write


def installed(root, program):
    """A home with 0.4.0 installed, the user's edits over it, and both releases beside it."""
    place = Place(root, program)
    for version in ("0.4.0", "0.4.1"):
        files = make_release(place.root / version, version)
        require(files >= 100, f"{files} files only")
    place.run("update", "0.4.0", "--from", "0.4.0")
    claude = place.claude
    settings = json.loads((claude / "settings.json").read_text())
    settings["cleanupPeriodDays"] = 60
    settings["statusLine"] = {"type": "command", "command": "date"}
    settings["hooks"]["Stop"].append({"hooks": [{"type": "command", "command": "true"}]})
    write(claude / "settings.json", json.dumps(settings, indent=2) + "\n")
    write(claude / "CLAUDE.md", "Mine.\n")
    write(claude / "commands" / "own.md", "---\ndescription: own\n---\n\nOwn.\n")
    write(claude / "agents" / "planer.md", (claude / "agents" / "planer.md").read_text().replace("Read, Grep", "Read"))
    write(claude / "hooks" / "stop_0.py", (claude / "hooks" / "stop_0.py").read_text().replace("LIMIT = 1", "LIMIT = 9"),
          0o700)
    (claude / "rules" / "index.md").unlink()
    write(claude / "projects" / "a" / "transcript.jsonl", "{}\n")
    write(claude / ".credentials.json", "{}\n", 0o600)
    return place


def check_merge(place):
    before = place.tree()
    answer = place.json("update", "0.4.1", "--from", "0.4.1", "--check", "test -f ~/.claude/commands/new.md")
    require(answer["outcome"] == "done" and answer["marked_good"], answer)
    require(answer["conflict"] == 0 and answer["merge"] >= 3, answer)
    after = place.tree()
    settings = json.loads(after["settings.json"][2])
    require(settings["model"] == "sonnet" and settings["cleanupPeriodDays"] == 60, "settings were not merged")
    require(settings["statusLine"]["command"] == "date", "the user's statusLine is lost")
    require(len(settings["hooks"]["Stop"]) == 2, "the user's own hook entry is lost")
    require(settings["permissions"]["allow"][-1] == "Bash(git log:*)", "the release's permission is missing")
    require(b"LIMIT = 9" in after["hooks/stop_0.py"][2] and b"# 0.4.1" in after["hooks/stop_0.py"][2], "stop_0.py")
    require(after["hooks/stop_0.py"][0] & 0o777 == 0o700, "the mode of an edited hook changed")
    require(b"tools: Read\n" in after["agents/planer.md"][2] and b"Changed" in after["agents/planer.md"][2], "planer.md")
    require("rules/index.md" not in after, "what the user removed is back")
    require("commands/old.md" not in after and "commands/new.md" in after, "old and new commands")
    for path in ("CLAUDE.md", "commands/own.md", ".credentials.json", "projects/a/transcript.jsonl"):
        require(before[path] == after[path], f"{path} was touched")
    untouched = [p for p in before if p in after and before[p][2] is not None and before[p][2] == after[p][2]]
    require(all(before[p] == after[p] for p in untouched), "a file that did not change was written")
    require(not [p for p in after if p.endswith((".bak", ".orig", ".rej")) or ".backups" in p], "litter")
    return before


def check_failure(place):
    """Back to before, in every attribute, with the reason told."""
    before = place.tree()
    answer = place.json("update", "0.4.1", "--from", "0.4.1", "--check", "exit 7", status=21)
    require(answer["outcome"] == "rolled_back" and answer["strategy"] == "auto_rollback", answer)
    require("it exited with status 7" in answer["error"]["message"], answer)
    require(place.tree() == before, "the rollback is not exact")
    kinds = [kind for kind, _ in place.events()[-6:]]
    require(kinds == ["UPDATE_START", "UPDATE_SWITCH", "VERIFICATION_FAILURE", "UPDATE_FAILED", "AUTO_ROLLBACK",
                   "AUTO_ROLLBACK_SUCCESS"], kinds)


def check_undo(place, before):
    place.run("rollback", "undo")
    require(place.tree() == before, "undo is not exact")
    place.run("rollback", "redo")
    place.run("rollback", "undo")
    require(place.tree() == before, "undo after redo is not exact")


def check_old_defects(place):
    """What the updater before this one did (docs/updates.md, "Merge"): each would show here."""
    # It merged against the backup it had just made of the user's own file: an edit was replaced in silence.
    hook = place.claude / "hooks" / "pretooluse_0.py"
    write(hook, hook.read_text().replace("    event = json", "    event = dict() or json"), 0o755)
    shutil.copytree(place.root / "0.4.1", place.root / "0.4.2")
    theirs = place.root / "0.4.2" / "hooks" / "pretooluse_0.py"
    write(theirs, theirs.read_text().replace("    event = json", "    event = list() or json"), 0o755)
    mine = place.tree()
    answer = place.json("update", "0.4.2", "--from", "0.4.2", status=29)
    require(answer["outcome"] == "conflict" and answer["conflict"] == 1, answer)
    require(place.tree() == mine, "a conflict changed something, or left markers")
    # Two runs in one second collided on the name of their backup.
    names = set()
    for i in range(3):
        write(place.claude / "CLAUDE.md", f"Edit {i}.\n")
        answer = place.json("update", f"0.4.1-{i}", "--from", "0.4.1")
        names.add(answer["backup_created"])
    require(len(names) == 3 and None not in names, names)
    # It kept its backups inside what it backed up, and a rollback removed ~/.claude with them.
    place.run("rollback", "to", "0.4.1-0")
    require((place.claude / ".credentials.json").exists() and (place.claude / "projects").exists(), "~/.claude was wiped")
    require((place.claude / "CLAUDE.md").exists(), "the user's file is gone")
    # A release whose settings name a hook that it does not bring.
    shutil.copytree(place.root / "0.4.1", place.root / "0.4.3")
    settings = json.loads((place.root / "0.4.3" / "settings.json").read_text())
    settings["hooks"]["SubagentStop"] = [{"hooks": [{"type": "command", "command": "~/.claude/hooks/missing.py"}]}]
    write(place.root / "0.4.3" / "settings.json", json.dumps(settings, indent=2) + "\n")
    answer = place.json("update", "0.4.3", "--from", "0.4.3", status=20)
    require(any("missing.py" in one["reason"] for one in answer["checks"]["findings"]), "the dangling hook is not found")


def timed(place, *words, status=0):
    started = time.monotonic()
    place.run(*words, status=status)
    return time.monotonic() - started


def print_times(program, runs):
    """Of whole processes. Interpreters are left out of `validate` by an empty PATH."""
    rows = {"validate, no interpreters": [], "validate": [], "update": [], "update, check fails, rollback": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as root:
            place = installed(root, program)
            place.run("snapshot")
            started = time.monotonic()
            subprocess.run([program, "validate"], env={"HOME": str(place.home), "PATH": "/nowhere"}, cwd=root,
                           capture_output=True, check=False)
            rows["validate, no interpreters"].append(time.monotonic() - started)
            rows["validate"].append(timed(place, "validate", status=None))
            rows["update, check fails, rollback"].append(
                timed(place, "update", "0.4.1", "--from", "0.4.1", "--check", "false", status=21))
            rows["update"].append(timed(place, "update", "0.4.1", "--from", "0.4.1"))
    for name, times in rows.items():
        print(f"{name}: {statistics.median(times):.2f} s (of {runs}: {min(times):.2f} to {max(times):.2f})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--times", type=int, default=0)
    options = parser.parse_args()
    if options.times:
        print_times(options.program, options.times)
        return
    with tempfile.TemporaryDirectory() as root:
        place = installed(root, options.program)
        check_failure(place)
        before = check_merge(place)
        check_undo(place, before)
        place.run("rollback", "redo")
        check_old_defects(place)
        place.check_store()
    print("update of a real tree: all well")


if __name__ == "__main__":
    main()
