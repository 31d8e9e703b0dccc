#!/usr/bin/env python3
"""Every type of error of an update, provoked for real: its exit status, the trail of its events, what is live after
it, and which way out is named.  [S23] [S34]

  error_matrix.py --program PATH

As root also with files of another user, and on a filesystem that is full.
"""
import argparse
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from damage import damage_object
from release_trees import Place, make_release, require, write

NO_CHECKS = {"STRAVINSKY_UPDATE_PRE_UPDATE_CHECKS_ENABLED": "false"}
BLOCKED = [("UPDATE_BLOCKED", "failed")]
ROLLED_BACK = [("UPDATE_START", "success"), ("UPDATE_SWITCH", "success"), ("VERIFICATION_FAILURE", "failed"), ("UPDATE_FAILED", "failed"),
               ("AUTO_ROLLBACK", "success"), ("AUTO_ROLLBACK_SUCCESS", "success")]


class Matrix:
    def __init__(self, root, program):
        self.program = program
        self.template = Place(pathlib.Path(root) / "template", program)
        for version in ("0.4.0", "0.4.1"):
            make_release(self.template.root / version, version)
        self.template.run("update", "0.4.0", "--from", "0.4.0")
        write(self.template.claude / "CLAUDE.md", "Mine.\n")
        self.template.run("snapshot")
        self.root, self.number = pathlib.Path(root), 0

    def fresh(self):
        self.number += 1
        place = Place.__new__(Place)
        root = self.root / str(self.number)
        shutil.copytree(self.template.root, root, symlinks=True)
        place.root, place.program, place.home = root, self.program, root / "home"
        place.claude, place.git_dir = place.home / ".claude", place.home / ".stravinsky/rollback/store.git"
        # A copy of a store is a store of its own; what stands for the state before it is that of the copy.
        place.run("snapshot")
        return place

    def update(self, place, status, events, *words, kind=None, before=None, **environment):
        """One update that must leave everything as it was."""
        tree, told = before or place.tree(), len(place.events())
        answer = place.json("update", "0.4.1", "--from", "0.4.1", *words, status=status, **environment)
        trail = [e for e in place.events()[told:] if e[0] != "SNAPSHOT"]
        require(trail == events, f"{kind}: events {trail}")
        require(place.tree() == tree, f"{kind}: the tree changed")
        if kind:
            require(answer["failure"] == kind, f"{answer['failure']}, not {kind}")
        require("No operations" in place.run("operations").stdout, "an operation waits")
        return answer

    def parse_error(self):
        place = self.fresh()
        write(place.root / "0.4.1" / "hooks" / "lib" / "common.sh", "#!/bin/sh\nif true\n", 0o755)
        answer = self.update(place, 20, BLOCKED, kind="parse error")
        require(answer["strategy"] == "auto_rollback" and answer["checks"]["failed_checks"] == ["hooks_syntax"], answer)
        self.update(place, 21, ROLLED_BACK, kind="parse error", **NO_CHECKS)

    def schema_violation(self):
        for text in ('{"model": ', '{"cleanupPeriodDays": "thirty"}'):
            place = self.fresh()
            write(place.root / "0.4.1" / "settings.json", text)
            answer = self.update(place, 20, BLOCKED, kind="schema violation")
            found = [one for one in answer["checks"]["findings"] if one["severity"] == "error"]
            require(found and found[0]["line"] >= 1 and found[0]["live_path"].endswith("settings.json"), found)
            self.update(place, 21, ROLLED_BACK, kind="schema violation", **NO_CHECKS)

    def all_checks(self):
        """A check of the system that fails keeps none of the files' from being carried out."""
        place = self.fresh()
        write(place.root / "0.4.1" / "settings.json", '{"model": ')
        answer = self.update(place, 20, BLOCKED, kind="several failures",
                             STRAVINSKY_SAFETY_DISK_SPACE_THRESHOLD_MB="1000000000")
        require(answer["checks"]["failed_checks"] == ["disk_space", "settings_schema"], answer["checks"])
        require(len(answer["checks"]["checks"]) == 8, answer["checks"])

    def dependency_failure(self):
        place = self.fresh()
        write(place.root / "check.sh", "#!/bin/sh\npython3 -c 'import no_such_module'\n", 0o755)
        answer = self.update(place, 21, ROLLED_BACK, "--check", str(place.root / "check.sh"), kind="dependency failure")
        require(answer["rolled_back_to"], answer)
        text = place.run("update", "0.4.1", "--from", "0.4.1", "--check", "false", status=21)
        require("-> parse error" in text.stderr and "recovery file" in text.stderr, text.stderr)

    def several(self):
        place = self.fresh()
        write(place.root / "0.4.1" / "settings.json", "{")
        answer = self.update(place, 21, ROLLED_BACK, "--check", "false", kind="several failures", **NO_CHECKS)
        require(answer["strategy"] == "emergency" and len(answer["failures"]) == 2, answer)

    def no_rollback(self):
        """The new version stays, is not good, and goes by hand."""
        place = self.fresh()
        before = place.tree()
        answer = place.json("update", "0.4.1", "--from", "0.4.1", "--check", "false", status=23,
                            STRAVINSKY_AUTO_ROLLBACK="false")
        require(answer["outcome"] == "kept" and place.tree() != before, answer)
        require(place.events()[-1] == ("UPDATE_FAILED", "failed"), place.events()[-3:])
        place.run("rollback", "undo")
        require(place.tree() == before, "undo is not exact")

    def hostile_archive(self):
        place = self.fresh()
        tree = place.tree()
        write(place.root / "x", "x\n")
        for words in (("--transform", "s,^,../,", "x"), ("-P", str(place.root / "x"))):
            subprocess.run(["tar", "cf", "bad.tar", *words], cwd=place.root, check=True)
            place.run("update", "0.4.1", "--from", "bad.tar", status=14)
            require(place.events()[-1] == BLOCKED[0] and place.tree() == tree, "a hostile archive changed something")
        (place.root / "cut.tar").write_bytes((place.root / "bad.tar").read_bytes()[:100])
        place.run("update", "0.4.1", "--from", "cut.tar", status=14)
        require(not (place.git_dir / "stravinsky" / "staging.claude").exists(), "the staging is left")

    def file_in_use(self):
        """A lock is a warning, or with --strict refuses; a writer is told of, and keeps what it writes."""
        place = self.fresh()
        shutil.rmtree(place.root / "0.4.1" / "skills")  # of the names of commands, which is a warning too
        with open(place.claude / "settings.json", "r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            answer = self.update(place, 28, BLOCKED, "--strict", kind="file in use")
            require(answer["checks"]["failed_checks"] == ["file_locks"], answer)
        with open(place.claude / "settings.json", "a", encoding="utf-8"):
            answer = self.update(place, 28, BLOCKED, "--strict", kind="file in use")
            found = answer["checks"]["findings"][0]
            require(found["file"] == "settings.json" and str(os.getpid()) in found["reason"], found)
            require(place.json("validate", "--strict", "--only", "file_locks", status=28)["failed_checks"], "validate")
            place.run("validate", "--only", "file_locks")
        told, late = len(place.events()), "\n\n\n"
        with open(place.claude / "settings.json", "a", encoding="utf-8") as file:
            text = (place.claude / "settings.json").read_text() + late
            answer = place.json("update", "0.4.1", "--from", "0.4.1", status=3)
            require(answer["outcome"] == "done" and answer["marked_good"], answer)
            trail = [e for e in place.events()[told:] if e[0] != "SNAPSHOT"]
            require(trail == [("UPDATE_START", "success"), ("UPDATE_SWITCH", "success"), ("UPDATE_SUCCESS", "success")],
                    trail)
            file.write(late)
        require(len(answer["left"]) == 1 and "settings.json: written to by" in answer["left"][0], answer["left"])
        kept = pathlib.Path(re.search(r"is kept as '?([^']*?)'?$", answer["left"][0]).group(1))
        require(kept.read_text() == text, "what was written late is not in the file that was kept")
        require(str(place.claude / "settings.json") in place.run("operations").stdout, "operations does not name the file")
        require((place.claude / "settings.json").read_text() != text, "the release's file is not live")
        # No command takes it away while it holds what is nowhere else (docs/recovery.md).
        place.run("snapshot")
        place.run("operations", "finish", status=3)
        require(kept.read_text() == text, "what was written late is gone")
        shutil.move(kept, place.claude / "settings.json")
        place.run("snapshot", "--name", "late")
        require(place.run("cat", "late:settings.json").stdout == text, "what was written late is not in the snapshot")
        require("No operations" in place.run("operations").stdout, "an operation waits")

    def changed_underneath(self):
        """Somebody edits a file while the checks run, and they fail: what was before comes back, the edit is kept."""
        place = self.fresh()
        answer = place.json("update", "0.4.1", "--from", "0.4.1", "--check",
                            "echo edit >> ~/.claude/CLAUDE.md; false", status=21)
        require(answer["outcome"] == "rolled_back", answer)
        # What was edited during the checks is not lost either.
        listed = place.json("list")["snapshots"]
        texts = [place.run("cat", f"{one['name']}:CLAUDE.md", status=None).stdout for one in listed]
        require(any("edit" in text for text in texts), "an edit made during the checks is lost")

    def damaged_store(self):
        place = self.fresh()
        tree = place.tree()
        # The last release is what a merge starts from.
        damage_object(place.git_dir, "upstream/claude:commands/plan.md")
        write(place.root / "0.4.1" / "commands" / "plan.md", "Other.\n")
        write(place.claude / "commands" / "plan.md", "Mine.\n")
        tree = place.tree()
        ran = place.run("update", "0.4.1", "--from", "0.4.1", status=14)
        require("-> damaged store" in ran.stderr and "recovery emergency" in ran.stderr, ran.stderr)
        require(place.tree() == tree and place.events()[-1] == BLOCKED[0], place.events()[-3:])

    def permission_denied(self):
        if os.geteuid() != 0:
            return print("SKIP: files of another user need root")
        place = self.nobodys()
        tree = place.tree()
        os.chmod(place.claude / "commands" / "plan.md", 0)
        answer = place.json("update", "0.4.1", "--from", "0.4.1", status=20)
        require(answer["failure"] == "permission denied" and answer["strategy"] == "manual", answer)
        require(place.events()[-1] == BLOCKED[0], place.events()[-3:])
        answer = place.json("update", "0.4.1", "--from", "0.4.1", status=20, **NO_CHECKS)
        require(answer["outcome"] == "blocked", "a backup that is not complete does not stop the update")
        os.chmod(place.claude / "commands" / "plan.md", 0o644)
        # What is the user's own is written to all the same, and then not verified; what is not, is not.
        os.chmod(place.claude / "commands", 0o500)
        answer = place.json("update", "0.4.1", "--from", "0.4.1", status=21, **NO_CHECKS)
        require(answer["failure"] == "permission denied", answer)
        os.chmod(place.claude / "commands", 0o755)
        os.chown(place.claude / "commands", 0, 0)
        ran = place.run("update", "0.4.1", "--from", "0.4.1", status=27, **NO_CHECKS)
        require("-> permission denied" in ran.stderr, ran.stderr)
        require({p: (m & 0o7777, c) for p, (m, t, c) in place.tree().items()}
                == {p: (m & 0o7777, c) for p, (m, t, c) in tree.items()}, "the tree changed")

    def unreadable_left_alone(self):
        """Where the user wants it so: what the backup could not read stays, whatever the release has there."""
        if os.geteuid() != 0:
            return print("SKIP: files of another user need root")
        relaxed = {**NO_CHECKS, "STRAVINSKY_SAFETY_FAIL_SAFE_ON_BACKUP_ERROR": "false"}
        for path, words in (("commands/review.md", ()), ("commands/review.md", ("--replace",)), ("rules/plan.md", ()),
                            ("commands/old.md", ("--replace",))):
            place = self.nobodys()
            file = place.claude / path
            before = file.read_bytes()
            os.chmod(file, 0)
            answer = place.json("update", "0.4.1", "--from", "0.4.1", *words, status=3, **relaxed)
            require(answer["outcome"] == "done", f"{path} {words}: {answer['failures']}")
            require(any(path in remark for remark in answer["remarks"]), answer["remarks"])
            require(answer["ignore"] == (path != "commands/old.md"), answer)
            require(file.stat().st_mode & 0o777 == 0 and file.read_bytes() == before, f"{path} was touched")
            require((place.claude / "commands/new.md").exists(), "the rest is not installed")
            require("No operations" in place.run("operations").stdout, "an operation waits")

    def nobodys(self):
        """A fresh place that is all another user's, who runs the program."""
        place = self.fresh()
        for directory, names, files in os.walk(place.root):
            for name in (".", *names, *files):
                os.chown(os.path.join(directory, name), 65534, 65534, follow_symlinks=False)
        user = {"user": 65534, "group": 65534, "extra_groups": []}

        def run_as_nobody(*words, status=0, **more):
            ran = subprocess.run([place.root / "stravinsky", *words], cwd=place.root, env=place.environment(**more),
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **user)
            require(status in (None, ran.returncode), f"{words}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
            return ran

        shutil.copy(self.program, place.root / "stravinsky")
        self.root.chmod(0o755)
        place.run = run_as_nobody
        place.run("snapshot")
        return place

    def disk_full(self):
        if os.geteuid() != 0:
            return print("SKIP: a full filesystem needs root")
        place = self.fresh()
        answer = self.update(place, 20, BLOCKED, kind="disk full",
                             STRAVINSKY_SAFETY_DISK_SPACE_THRESHOLD_MB="1000000000")
        require(answer["strategy"] == "manual" and "missing" in str(answer["checks"]["checks"]), answer)
        with mounted(place.root / "small") as small:
            if small is None:
                return print("SKIP: nothing can be mounted here")
            full = Place.__new__(Place)
            full.root, full.program, full.home = place.root, self.program, small / "home"
            full.claude = full.home / ".claude"
            full.git_dir = full.home / ".stravinsky/rollback/store.git"
            shutil.copytree(place.home, full.home, symlinks=True)
            full.run("snapshot")
            tree = full.tree()
            (place.root / "0.4.1" / "large.md").write_bytes(os.urandom(6 << 20))
            (small / "filler").write_bytes(bytes(max(0, shutil.disk_usage(small).free - (5 << 20))))
            ran = full.run("update", "0.4.1", "--from", "0.4.1", status=26, **NO_CHECKS)
            require("-> permission denied, file in use, disk full" in ran.stderr, ran.stderr)
            (small / "filler").unlink()
            require(full.tree() == tree, "the tree changed")
            require("No operations" in full.run("operations").stdout, "an operation waits")
            full.run("update", "0.4.1", "--from", "0.4.1", STRAVINSKY_SAFETY_DISK_SPACE_THRESHOLD_MB="1")


@contextlib.contextmanager
def mounted(path):
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)], capture_output=True, check=False)
    try:
        yield path if done.returncode == 0 else None
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", str(path)], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--only")
    options = parser.parse_args()
    rows = [name for name in vars(Matrix) if not name.startswith("_") and name not in ("fresh", "nobodys", "update")]
    with tempfile.TemporaryDirectory() as root:
        matrix = Matrix(root, os.path.abspath(options.program))
        for name in rows:
            if options.only in (None, name):
                getattr(matrix, name)()
                print(f"{name}: as required")


if __name__ == "__main__":
    main()
