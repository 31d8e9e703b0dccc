#!/usr/bin/env python3
"""Lets Claude Code take a snapshot before each tool that edits files, and at the end of a session.

Adds two entries to the hooks of settings.json in CLAUDE_CONFIG_DIR, or ~/.claude, and the script that they run
to hooks/ beside it. Nothing else in settings.json changes, not even its blanks. What is there before and after
is captured by stravinsky. May be repeated: it then leaves all as it is, or changes the entries to the options
given. --uninstall takes away what was installed, and nothing else.
"""
import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # what is beside this file was installed, perhaps for all users
import json_edit  # noqa: E402

NAME = "stravinsky-snapshot.sh"
MATCHER = "Edit|MultiEdit|Write|NotebookEdit"
OURS = re.compile(r"(^|[/'\"])hooks/" + re.escape(NAME) + r"(['\" ]|$)")
# The last line of the installed script: what was not there before, so that it goes with the rest.
MADE = "# made: "


class Failure(Exception):
    def __init__(self, what, remedy, status=1):
        super().__init__(what)
        self.remedy, self.status = remedy, status


def plain(value):
    """A value of json_edit.load with its objects as dictionaries, to look into."""
    if isinstance(value, tuple):
        return value[1] if value[0] == "number" else {key: plain(one) for key, one in value[1]}
    return [plain(one) for one in value] if isinstance(value, list) else value


def is_ours(handler):
    return isinstance(handler, dict) and isinstance(handler.get("command"), str) and bool(OURS.search(handler["command"]))


def hooks_of(text, root, file):
    """The node `hooks`, and those of its events that hold lists; refuses what is no such thing."""
    def require(node, kind, what):
        if node.kind != kind:
            raise Failure(f"cannot use '{file}': {json_edit.place(text, node.start)}: {what}", "correct it by hand", 2)
        names = [name for name, _, _ in node.members]
        for name, start, _ in node.members:
            if names.count(name) > 1 and (name == "hooks" or node is not root):
                raise Failure(f"cannot use '{file}': {json_edit.place(text, start)}: '{name}' stands there twice",
                              "leave one of the two", 2)
    require(root, "{", "settings are an object")
    hooks = root.get("hooks")
    if hooks is None:
        return None
    require(hooks, "{", "'hooks' must be an object")
    for name, _, node in hooks.members:
        require(node, "[", f"'hooks.{name}' must be an array")
    return hooks


def without_ours(text, file, made):
    """The text without our entries, and without the containers among `made` that are empty then."""
    def groups(root):
        hooks = hooks_of(text, root, file)
        for event, _, array in hooks.members if hooks else []:
            for place, group in enumerate(array.items):
                entries = group.get("hooks") if group.kind == "{" else None
                for index, one in enumerate(entries.items if entries and entries.kind == "[" else []):
                    if is_ours(plain(json_edit.load(text[one.start:one.end]))):
                        yield array, place, entries, index
    while True:
        found = next(groups(json_edit.parse(text)), None)
        if found is None:
            break
        array, place, entries, index = found
        # A group that is ours alone goes whole; from one that the user has added to, only our entry.
        text = json_edit.remove(text, array, place) if len(entries.items) == 1 else \
            json_edit.remove(text, entries, index)
    for event in [word for word in made if word not in ("hooks", "file", "directory")]:
        hooks = hooks_of(text, json_edit.parse(text), file)
        for index, (name, _, array) in enumerate(hooks.members if hooks else []):
            if name == event and not array.items:
                text = json_edit.remove(text, hooks, index)
                break
    root = json_edit.parse(text)
    hooks = root.get("hooks")
    if "hooks" in made and hooks is not None and hooks.kind == "{" and not hooks.members:
        text = json_edit.remove(text, root, [name for name, _, _ in root.members].index("hooks"))
    return text


def with_ours(text, file, groups):
    """The text with our entries, and the names of what had to be made for them."""
    made = []
    root = json_edit.parse(text)
    hooks = hooks_of(text, root, file)
    if hooks is None:
        return json_edit.append(text, root, {event: [group] for event, group in groups.items()}, "hooks"), \
            ["hooks", *groups]
    for event, group in groups.items():
        hooks = hooks_of(text, json_edit.parse(text), file)
        array = hooks.get(event)
        if array is None:
            made.append(event)
            text = json_edit.append(text, hooks, [group], event)
        else:
            text = json_edit.append(text, array, group)
    return text, made


class Installation:
    def __init__(self, options):
        self.options = options
        directory = os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~/.claude")
        self.directory = pathlib.Path(os.path.abspath(directory))
        self.settings = self.directory / "settings.json"
        self.script = self.directory / "hooks" / NAME
        self.program = self.find_program()

    def find_program(self):
        given = self.options.program or shutil.which("stravinsky")
        if not given or not os.access(given, os.X_OK) or not os.path.isfile(given):
            raise Failure("cannot find the program stravinsky" if not given else f"cannot run '{given}'",
                          "install it, or name it: --program PATH")
        return os.path.abspath(given)

    def groups(self):
        words = [str(self.script)]
        words += ["--block"] if self.options.block else []
        words += ["--whole-project"] if self.options.whole_project else []
        words += ["--store", os.path.abspath(self.options.store)] if self.options.store else []
        handler = {"type": "command", "command": shlex.join([*words, self.program]), "timeout": 60}
        return {"PreToolUse": {"matcher": self.options.matcher, "hooks": [handler]}, "SessionEnd": {"hooks": [handler]}}

    def read_settings(self):
        try:
            return self.settings.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise Failure(f"cannot read '{self.settings}': line {line}: not UTF-8", "correct it, then run this again",
                          2) from None

    def made_before(self):
        """What the last installation had to make; nothing when there was none."""
        try:
            lines = self.script.read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return []
        return lines[-1][len(MADE):].split() if lines and lines[-1].startswith(MADE) else []

    def capture(self, message):
        words = [self.program] + (["-s", os.path.abspath(self.options.store)] if self.options.store else [])
        ran = subprocess.run([*words, "-q", "snapshot", str(self.directory), "--skip-if-unchanged", "--category",
                              "integration", "-m", message], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        if ran.returncode not in (0, 3):
            raise Failure(f"cannot capture '{self.directory}': stravinsky ended with {ran.returncode}",
                          "see above; settings are as they were" if "before" in message else "see above")
        print(ran.stdout.decode(errors="replace").strip())

    def write(self, path, content, mode=None):
        """Whole or not at all, where a link leads to, with the mode and attributes of what was there."""
        target = os.path.realpath(path)
        handle, name = tempfile.mkstemp(prefix=".stravinsky-", dir=os.path.dirname(target))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            if os.path.exists(target):
                shutil.copystat(target, name)
                status = os.stat(target)
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    os.chown(name, status.st_uid, status.st_gid)
                os.utime(name)
            else:
                mask = os.umask(0)
                os.umask(mask)
                os.chmod(name, 0o666 & ~mask)
            if mode is not None:
                os.chmod(name, mode)
            os.rename(name, target)
        except BaseException:
            os.unlink(name)
            raise

    def change(self, old, new):
        """Puts the new text in place of the one that was read, unless somebody was quicker."""
        if self.read_settings() != old:
            raise Failure(f"'{self.settings}' was changed meanwhile", "run this again")
        if new is None:
            self.settings.unlink(missing_ok=True)
        elif new != old:
            self.write(self.settings, new)

    def planned(self):
        """(old text, new text, content of the script)"""
        old = self.read_settings()
        made = self.made_before()
        base = "{}\n" if old is None else old
        bare = without_ours(base, self.settings, made)
        if old is None:
            made = ["file", *made]
        if self.options.uninstall:
            emptied = "file" in made and not json_edit.parse(bare).members
            return old, None if old is None or emptied else bare, None
        new, made_now = with_ours(bare, self.settings, self.groups())
        # The change is judged by another road than the one that made it.
        if json_edit.load(without_ours(new, self.settings, made_now)) != json_edit.load(bare):
            raise Failure(f"cannot change '{self.settings}' and keep the rest of it", "add the entries by hand")
        made_now += [word for word in ("file", "directory") if word in made]
        if "directory" not in made_now and not self.script.parent.exists():
            made_now.append("directory")
        source = pathlib.Path(__file__).resolve().parent / "snapshot.sh"
        return old, new, source.read_text(encoding="utf-8") + MADE + " ".join(made_now) + "\n"

    def run(self):
        there = self.script.read_text(encoding="utf-8", errors="replace") if self.script.exists() else None
        old, new, script = self.planned()
        what = "uninstalling" if self.options.uninstall else "installing"
        if new == old and script == there:
            print("Nothing to do: " + ("it is not installed" if self.options.uninstall else "it is installed already"))
            return
        if self.options.dry_run:
            print(f"Plan: {what} the hooks of Claude Code in {self.settings}")
            for event, group in ({} if self.options.uninstall else self.groups()).items():
                print(f"{event} {group.get('matcher', '')}: {group['hooks'][0]['command']}")
            return
        if self.directory.is_dir():
            self.capture(f"before {what} the hooks of Claude Code")
        if self.options.uninstall:
            had_directory = "directory" in self.made_before()
            self.change(old, new)
            self.script.unlink(missing_ok=True)
            if had_directory and not any(self.script.parent.iterdir()):
                self.script.parent.rmdir()
        else:
            self.script.parent.mkdir(parents=True, exist_ok=True)
            # First the script, then the entries that name it: at no moment does one of them lead nowhere.
            self.write(self.script, script, 0o755)
            self.change(old, new)
        self.capture(f"after {what} the hooks of Claude Code")
        settings = plain(json_edit.load(new)) if new is not None else {}
        if settings.get("disableAllHooks") is True and not self.options.uninstall:
            print("warning: Claude Code runs no hooks while 'disableAllHooks' is true there", file=sys.stderr)
        print(f"{'Uninstalled from' if self.options.uninstall else 'Installed in'} {self.settings}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Exit statuses: 0 done, 1 failure, 2 usage or settings that are no JSON.")
    parser.add_argument("--uninstall", action="store_true", help="take away what was installed")
    parser.add_argument("-n", "--dry-run", action="store_true", help="say what would be done")
    parser.add_argument("--block", action="store_true", help="a tool does not run when its snapshot failed")
    parser.add_argument("--whole-project", action="store_true",
                        help="also capture all of the project that Claude Code works in, but for what git ignores")
    parser.add_argument("--matcher", default=MATCHER, help=f"the tools, as Claude Code matches them; default: {MATCHER}")
    parser.add_argument("--program", metavar="PATH", help="the program stravinsky; default: the one in PATH")
    parser.add_argument("--store", metavar="DIR", help="the store; default: as stravinsky finds it")
    try:
        Installation(parser.parse_args()).run()
    except json_edit.Invalid as error:
        file = os.path.join(os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~/.claude"), "settings.json")
        print(f"error: cannot read '{file}': {error}\nfix: correct it, then run this again", file=sys.stderr)
        return 2
    except Failure as error:
        print(f"error: {error}\nfix: {error.remedy}", file=sys.stderr)
        return error.status
    except OSError as error:
        print(f"error: {error}\nfix: look at the file it names, then run this again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
