"""The hooks of Claude Code: installed, run with events as it sends them, and taken away again."""
import json
import os
import re
import shutil
import subprocess

from place import INTEGRATIONS, require

INSTALL = INTEGRATIONS / "claude-code" / "install.py"
USERS = """{
    "model": "opus",
    "hooks": {
        "PreToolUse": [
            {"matcher": "Bash",   "hooks": [{"type": "command", "command": "true"}]}
        ],
        "Stop" : [ ]
    },
    "number": 1e3, "big": 12345678901234567890,
  "text": "caf\u00e9 \\u00e9"  }
"""


def install(place, *words, status=0, **variables):
    return place.run("python3", "-B", INSTALL, *words, status=status, **variables)


def command_of(settings, event):
    return settings["hooks"][event][-1]["hooks"][-1]["command"]


def send(place, event, command=None, status=0, **variables):
    """Runs the installed hook as Claude Code does: a line for sh, the event on standard input."""
    if command is None:
        settings = json.loads((place.home / ".claude/settings.json").read_text())
        command = command_of(settings, event["hook_event_name"])
    return place.run("sh", "-c", command, stdin=json.dumps(event, ensure_ascii=False), status=status, **variables)


def edit(path, tool="Edit", session="0f0e-77", **more):
    return {"session_id": session, "transcript_path": "/nowhere", "cwd": "/", "hook_event_name": "PreToolUse",
            "tool_name": tool, "tool_input": {"file_path": path, "old_string": '"file_path": "/wrong", "tool_name":"Bad"',
                                              "new_string": "x\n$(touch /nowhere)`id`"}, **more}


def case_settings_stay_as_they_are(place):
    path = place.write(".claude/settings.json", USERS, 0o600)
    before = path.read_bytes()
    said = install(place)
    after = json.loads(path.read_text())
    require(path.stat().st_mode & 0o777 == 0o600, "the mode changed")
    groups = after["hooks"]["PreToolUse"]
    require(len(groups) == 2 and groups[0]["matcher"] == "Bash", groups)
    require(groups[1]["matcher"] == "Edit|MultiEdit|Write|NotebookEdit", groups)
    require("SessionEnd" in after["hooks"] and after["hooks"]["Stop"] == [], after)
    for line in before.decode().splitlines():
        if '"Stop"' not in line and "Bash" not in line:
            require(line in path.read_text().splitlines(), f"the line {line!r} changed")
    require(said.count("Snapshot created") == 2, said)
    messages = [one["description"] for one in place.snapshots()]
    require(messages == ["after installing the hooks of Claude Code", "before installing the hooks of Claude Code"], messages)
    require(place.output("stravinsky", "cat", "latest~1:settings.json").encode() == before, "what was there is not captured")
    require("2 files of claude: valid" in place.run("stravinsky", "validate"), place.run("stravinsky", "validate"))
    # Again, and with other options: one entry each, and it goes without a trace.
    installed = path.read_bytes()
    require("Nothing to do" in install(place) and path.read_bytes() == installed, "twice is not as once")
    install(place, "--block", "--matcher", "Edit|Bash")
    again = json.loads(path.read_text())
    require(len(again["hooks"]["PreToolUse"]) == 2 and len(again["hooks"]["SessionEnd"]) == 1, again)
    require("--block" in command_of(again, "PreToolUse") and again["hooks"]["PreToolUse"][1]["matcher"] == "Edit|Bash", again)
    install(place, "--uninstall")
    require(path.read_bytes() == before, path.read_text())
    require(not (path.parent / "hooks").exists(), "the script is left")
    require("Nothing to do" in install(place, "--uninstall"), "uninstalled twice")


def case_other_shapes_come_back_byte_for_byte(place):
    path = place.home / ".claude/settings.json"
    for text in ("{}", "{ }\n", '{"model":"opus"}', '{"hooks":{}}\n', '{"hooks": {"SessionEnd": []}}',
                 '{\r\n  "hooks": {\r\n    "PreToolUse": []\r\n  }\r\n}\r\n',
                 '{\n\t"a": [1,\n2],\n\t"hooks": {"Stop": [{"hooks": []}]}\n}',
                 '{"hooks":{"PreToolUse":[{"matcher":"A","hooks":[]} , {"matcher":"B","hooks":[]}]}, "z":0}'):
        place.write(".claude/settings.json", text)
        before = path.read_bytes()
        install(place)
        settings = json.loads(path.read_text())
        require(len(settings["hooks"]["SessionEnd"]) == 1, settings)
        require(list(settings)[:1] == list(json.loads(text) or settings)[:1], settings)
        install(place, "--uninstall")
        require(path.read_bytes() == before.replace(b"{ }", b"{}"), f"{before} became {path.read_bytes()}")


def case_a_home_without_claude_code(place):
    install(place)
    require("SessionEnd" in (place.home / ".claude/settings.json").read_text(), "not installed")
    install(place, "--uninstall")
    require(sorted(os.listdir(place.home / ".claude")) == [], os.listdir(place.home / ".claude"))
    # What the user adds to what we made stays.
    install(place)
    path = place.home / ".claude/settings.json"
    settings = json.loads(path.read_text())
    settings["hooks"]["PreToolUse"][0]["hooks"].append({"type": "command", "command": "mine"})
    settings["hooks"]["SessionEnd"].insert(0, {"hooks": [{"type": "command", "command": "mine too"}]})
    path.write_text(json.dumps(settings))
    install(place, "--uninstall")
    left = json.loads(path.read_text())
    require([one["command"] for one in left["hooks"]["PreToolUse"][0]["hooks"]] == ["mine"], left)
    require([one["hooks"][0]["command"] for one in left["hooks"]["SessionEnd"]] == ["mine too"], left)


def case_what_cannot_be_read_is_refused(place):
    for text, where in (('{\n  "a": 1,\n  "b" 2\n}', "line 3, column 7"), ('{\n "a": 1,\n}', "line 3, column 1"),
                        ('{"hooks": []}', "line 1, column 11: 'hooks' must be an object"),
                        ('{"hooks": {\n"PreToolUse": {}}}', "line 2, column 15: 'hooks.PreToolUse' must be an array"),
                        ('[]', "settings are an object"), ('{"a": NaN}', "NaN"), ("", "line 1, column 1"),
                        ('{"hooks": {},\n "hooks": {"Stop": []}}', "'hooks' stands there twice"),
                        ("\ufeff{}", "byte order mark"), ('{\n// mine\n}', "line 2, column 1")):
        path = place.write(".claude/settings.json", text)
        said = install(place, status=2)
        require(where in said and "settings.json" in said and "fix: " in said, f"{text!r}: {said}")
        require(path.read_text() == text and not (path.parent / "hooks").exists(), f"{text!r} was touched")
    path.write_bytes(b'{\n"a": "\xff"}')
    require("line 2: not UTF-8" in install(place, status=2), "not UTF-8")
    require(place.snapshots() == [], "a snapshot was made for nothing")
    place.write(".claude/settings.json", "{}")
    require("fix: install it" in install(place, PATH="/usr/bin:/bin", status=1), "without the program")


def case_hooks_that_are_switched_off_are_told(place):
    place.write(".claude/settings.json", '{"disableAllHooks": true}')
    require("'disableAllHooks'" in install(place), "not told")
    place.write(".claude/settings.json", '{"disableAllHooks": false}')
    require("'disableAllHooks'" not in install(place), "told for nothing")


def case_links_and_other_directories(place):
    real = place.write("dotfiles/settings.json", '{"model": "opus"}')
    (place.home / "other").mkdir()
    link = place.home / "other/settings.json"
    link.symlink_to(real)
    install(place, CLAUDE_CONFIG_DIR=str(place.home / "other"))
    require(link.is_symlink() and "SessionEnd" in real.read_text(), "the link was replaced")
    require(not (place.home / ".claude").exists(), "CLAUDE_CONFIG_DIR was passed over")
    install(place, "--uninstall", CLAUDE_CONFIG_DIR=str(place.home / "other"))
    require(real.read_text() == '{"model": "opus"}' and link.is_symlink(), real.read_text())


def case_a_tool_call_makes_a_snapshot(place):
    place.write(".claude/settings.json", "{}")
    project = place.home / "work tree"
    place.write("work tree/CLAUDE.md", "one\n")
    (project / ".claude").mkdir()
    install(place)
    count = len(place.snapshots())
    inside = {"CLAUDE_PROJECT_DIR": str(project)}
    send(place, edit(f"{project}/src/ma\u00efn.py"), **inside)
    made = place.snapshots()
    require(len(made) == count + 1 and made[0]["profile"].startswith("claude-work-tree-"), made)
    require(made[0]["description"] == "before Edit of src/ma\u00efn.py" and made[0]["class"] == "routine", made[0])
    require(made[0]["tags"] == [{"key": "session", "value": "0f0e-77"}], made[0])
    require("before Edit of src/" in place.run("stravinsky", "list", cwd=project), "list does not show it")
    # Nothing changed since: nothing is made, and no event written.
    events = place.run("stravinsky", "audit", "log", "--json")
    send(place, edit(f"{project}/src/main.py", tool="Write"), **inside)
    require(len(place.snapshots()) == count + 1 and place.run("stravinsky", "audit", "log", "--json") == events, "not skipped")
    place.write("work tree/CLAUDE.md", "two\n")
    big = edit("/x", tool="NotebookEdit", tool_input={"notebook_path": "/y/n.ipynb", "new_source": "z" * 3_000_000})
    send(place, big, **inside)
    require(place.snapshots()[0]["description"] == "before NotebookEdit of /y/n.ipynb", place.snapshots()[0])
    place.write(".claude/CLAUDE.md", "mine\n")
    send(place, {"hook_event_name": "SessionEnd", "session_id": "../a b", "reason": "prompt_input_exit"}, **inside)
    last = [one for one in place.snapshots() if one["profile"] == "claude"][0]
    require(last["description"] == "end of a session (prompt_input_exit)", last)
    require(not last["tags"], last)


def case_a_failure_never_keeps_a_tool_from_running(place):
    place.write(".claude/settings.json", "{}")
    install(place)
    store = place.home / ".stravinsky/rollback"
    place.write(".stravinsky/rollback/config.json", "{broken")
    place.run("stravinsky", "list", status=2)  # the status that would block
    require("stravinsky ended with 2" in send(place, edit("/a"), status=1), "not told")
    install_blocking = json.loads((place.home / ".claude/settings.json").read_text())
    command = command_of(install_blocking, "PreToolUse")
    blocking = command.replace("stravinsky-snapshot.sh ", "stravinsky-snapshot.sh --block ", 1)
    require("stravinsky ended with 2" in send(place, edit("/a"), blocking, status=2), "asked to block")
    send(place, {"hook_event_name": "SessionEnd", "reason": "clear"}, blocking, status=1)
    (store / "config.json").unlink()
    # No event at all, one that is no JSON, and a program that has gone.
    place.run("sh", "-c", command, stdin="")
    place.run("sh", "-c", command, stdin="{]")
    (place.bin / "stravinsky").unlink()
    require("is not there" in send(place, edit("/a"), status=1), "without the program")
    send(place, edit("/a"), status=1, CLAUDE_PROJECT_DIR="/does/not/exist")


def case_the_whole_project(place):
    place.write(".claude/settings.json", "{}")
    place.write("p/src/main.c", "int x;\n")
    place.write("p/.gitignore", "*.o\n")
    place.write("p/main.o", "object")
    install(place, "--whole-project")
    send(place, edit(f"{place.home}/p/src/main.c"), CLAUDE_PROJECT_DIR=str(place.home / "p"))
    whole = [one for one in place.snapshots() if one["profile"].startswith("p-")]
    require(len(whole) == 1, whole)
    files = place.run("stravinsky", "ls", "-R", f"{whole[0]['profile']}/{whole[0]['name']}")
    require("src/main.c" in files and "main.o" not in files, files)
    # A home is no project to be captured whole.
    send(place, edit("/a"), CLAUDE_PROJECT_DIR=str(place.home))
    require(len([one for one in place.snapshots() if one["profile"].startswith("home-")]) == 0, "the home was captured")


def calls_of(place, trace, *words, cwd):
    ran = subprocess.run(["strace", "-f", "-qq", "-o", str(trace), *map(str, words)], cwd=cwd, env=place.environment,
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    require(ran.returncode == 0, f"{words}: {ran.stderr}")
    return len(re.findall(r"^\d+ +\w+\(", trace.read_text(errors="replace"), re.M))


def case_nothing_changed_costs_little(place):
    """A hundred files: system calls beside those of `git status`, which a clock would not count the same twice."""
    if shutil.which("strace") is None or "ASAN_OPTIONS" in os.environ:
        print("     (not counted: no strace, or a sanitizer that makes calls of its own)")
        return
    claude = place.home / ".claude"
    for number in range(100):
        path = place.write(f".claude/commands/dir{number % 10}/c{number}.md", f"text {number}\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    place.run("git", "init", "-q", cwd=claude)
    place.run("git", "add", "-A", cwd=claude)
    place.run("git", "commit", "-qm", "one", cwd=claude)
    place.write(".claude/.stravinskyignore", "/.git/\n")
    for name in ("first", "settled"):
        place.run("stravinsky", "snapshot", "--name", name)
    trace = place.top / "trace"
    place.run("git", "status", cwd=claude)
    git = calls_of(place, trace, "git", "status", cwd=claude)
    ours = calls_of(place, trace, place.bin / "stravinsky", "-q", "snapshot", "--routine", "--skip-if-unchanged", cwd=claude)
    print(f"     {ours} system calls, git status {git}: {ours / git:.1f} times")
    require(ours <= 4 * git, f"{ours} calls, git status {git}")
