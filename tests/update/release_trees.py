"""Two releases of a Claude Code configuration of more than a hundred files, made anew; and a place to install them."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import plain_git

EVENTS = ("PreToolUse", "PostToolUse", "UserPromptSubmit", "Stop", "SessionStart", "PreCompact")
WORDS = "review plan test deploy watch index search explain refactor document trace measure migrate release".split()


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def settings(version):
    hooks = {event: [{"matcher": "*", "hooks": [{"type": "command", "timeout": 10,
                                                "command": f"python3 ~/.claude/hooks/{event.lower()}_{i}.py"}
                                               for i in range(2)]}] for event in EVENTS}
    value = {"model": "opus" if version == "0.4.0" else "sonnet", "cleanupPeriodDays": 30,
             "env": {"STRAVINSKY_RELEASE": version},
             "permissions": {"allow": ["Bash(git status)", "Read(**)"], "deny": ["Read(./.env)"]}, "hooks": hooks}
    if version != "0.4.0":
        value["permissions"]["allow"].append("Bash(git log:*)")
    return json.dumps(value, indent=2) + "\n"


def make_release(top, version):
    """At least a hundred files: hooks in Python and shell, commands, agents, skills, rules, settings."""
    top = pathlib.Path(top)
    changed = "" if version == "0.4.0" else "\nChanged in 0.4.1.\n"
    for event in EVENTS:
        for i in range(2):
            write(top / "hooks" / f"{event.lower()}_{i}.py",
                  f"#!/usr/bin/env python3\nimport json\nimport sys\n\nLIMIT = {i + 1}\n\n\ndef main():\n"
                  f"    event = json.load(sys.stdin)\n    print(event.get('tool_name', '{event}'), LIMIT)\n"
                  + ("" if version == "0.4.0" else "    # 0.4.1\n") + "\n\nmain()\n", 0o755 if i == 0 else 0o644)
    for word in WORDS:
        write(top / "commands" / f"{word}.md",
              f"---\ndescription: {word} what is there\nargument-hint: what\n---\n\n# {word}\n\nFirst look.\n\n"
              f"Then {word} $ARGUMENTS.\n" + (changed if word in WORDS[:4] else ""))
        write(top / "commands" / "str" / f"{word}.md", f"---\ndescription: {word} with str\n---\n\nUse str.\n")
        write(top / "agents" / f"{word}er.md",
              f"---\nname: {word}er\ndescription: can {word}\ntools: Read, Grep\n---\n\nYou {word}.\n" + changed)
        for part in ("SKILL.md", "reference.md", "examples.md"):
            text = f"---\nname: {word}\ndescription: how to {word}\n---\n\n" if part == "SKILL.md" else ""
            write(top / "skills" / word / part, f"{text}# {word} {part}\n" + (changed if part == "examples.md" else ""))
        write(top / "rules" / f"{word}.md", f"# {word}\n\nAlways {word} twice.\n")
    write(top / "hooks" / "lib" / "common.sh", "#!/bin/sh\nset -eu\necho common\n", 0o755)
    write(top / "settings.json", settings(version))
    if version == "0.4.0":
        write(top / "commands" / "old.md", "Gone in 0.4.1.\n")
    else:
        write(top / "commands" / "new.md", "---\ndescription: new\n---\n\nNew in 0.4.1.\n")
    return sum(len(files) for _, _, files in os.walk(top))


class Place:
    """A home directory with a store; the program as its user runs it."""

    def __init__(self, root, program):
        self.root, self.program = pathlib.Path(root), program
        self.home = self.root / "home"
        self.claude = self.home / ".claude"
        self.git_dir = self.home / ".stravinsky" / "rollback" / "store.git"
        self.home.mkdir(parents=True)

    def environment(self, **more):
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_", "GIT_", "CLAUDE"))}
        return {**keep, "HOME": str(self.home), "USER": "tester", **more}

    def run(self, *words, status=0, **more):
        ran = subprocess.run([self.program, *words], cwd=self.root, env=self.environment(**more),
                             stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if status is not None and ran.returncode != status:
            raise AssertionError(f"{words}: status {ran.returncode}, not {status}\n{ran.stdout}{ran.stderr}")
        return ran

    def json(self, *words, status=0, **more):
        """The last line of the answer."""
        return json.loads(self.run("--json", *words, status=status, **more).stdout.splitlines()[-1])

    def tree(self):
        """Path, mode, time and content of everything below ~/.claude."""
        found = {}
        for directory, names, files in os.walk(self.claude):
            for name in names + files:
                path = os.path.join(directory, name)
                status = os.lstat(path)
                content = pathlib.Path(path).read_bytes() if name in files and not os.path.islink(path) else None
                found[os.path.relpath(path, self.claude)] = (status.st_mode, status.st_mtime_ns, content)
        return found

    def events(self):
        """Types and statuses, oldest first."""
        listed = self.json("audit", "log", "-n", "1000")["events"]
        return [(e["event_type"], e["status"]) for e in reversed(listed)]

    def git(self, *words):
        return subprocess.run(["git", "--git-dir", str(self.git_dir), *words], capture_output=True, text=True,
                              env=self.environment())

    def check_store(self):
        found = plain_git.complaints(str(self.git_dir))
        assert not found, found
        self.run("verify", "--read-data")
        assert self.json("audit", "verify")["ok"]


def require(condition, words):
    if not condition:
        print(words, file=sys.stderr)
        raise AssertionError(words)
