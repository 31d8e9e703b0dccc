"""Where operations are tried: a home with a live tree, and its store."""
import json
import os
import shutil
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import attributes  # noqa: E402
import plain_git  # noqa: E402


class Finding(Exception):
    """Something that must hold does not."""


def require(condition, words):
    if not condition:
        raise Finding(words)


class Place:
    """A directory with home, live tree and store; everything a run touches lies below it."""

    def __init__(self, root, program):
        self.root, self.program = root, program
        self.store = os.path.join(root, "store")
        self.git_dir = os.path.join(self.store, "store.git")
        self.live = os.path.join(root, "home", "live")

    def copy(self, name):
        """The same state beside it."""
        copy = Place(os.path.join(os.path.dirname(self.root), name), self.program)
        subprocess.run(["cp", "-a", self.root, copy.root], check=True)
        return copy

    def after(self, name, words):
        """A copy in which these are done."""
        after = self.copy(name)
        after.do(words)
        return after

    def do(self, words):
        run = self.run(words)
        require(run.returncode == 0, f"{words}: {run.returncode} {run.stdout}{run.stderr}")

    # What runs in it.

    def environment(self):
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_", "GIT_"))}
        keep.update(HOME=os.path.join(self.root, "home"), STRAVINSKY_STORE=self.store, USER="tester",
                    STRAVINSKY_STORE_THREADS="1", GIT_CONFIG_GLOBAL="/dev/null")
        return keep

    def run(self, words, before=()):
        return subprocess.run([*before, self.program, *words], cwd=self.root, env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def run_at_once(self, words, count):
        running = [subprocess.Popen([self.program, *words], cwd=self.root, env=self.environment(), text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for _ in range(count)]
        said = [one.communicate() for one in running]
        return [subprocess.CompletedProcess(words, one.returncode, *text) for one, text in zip(running, said)]

    def git(self, *words):
        return subprocess.run(["git", "--git-dir", self.git_dir, *words], capture_output=True, text=True,
                              env=self.environment())

    # The live tree.

    def write_settings(self, roots=({"path": "~/live"},)):
        # A state is copied with its live tree, and a profile keeps its roots: these move with home.
        with open(os.path.join(self.root, "settings.json"), "w") as file:
            json.dump({"profiles": {"live": {"roots": list(roots), "exclude": ["projects/"]}},
                       "safety": {"disk_space_threshold_mb": 1}}, file)

    def make_live(self, **settings):
        self.write_settings(**settings)
        for i in range(6):
            self.write(f"home/live/hooks/hook{i}.sh", f"#!/bin/sh\necho {i}\n" * (i + 1))
        self.write("home/live/settings.json", "{}\n")

    def write(self, path, text, mode=None):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        if mode is not None:
            os.chmod(path, mode)

    def add_excluded(self):
        """What no snapshot has, in a directory that itself never changes."""
        self.write("home/live/kept/projects/log", "not ours\n")

    def untouched(self):
        """What no operation may so much as touch: what is excluded, and files that are alike in both states."""
        found = {}
        for path in ("kept/projects", "kept/projects/log", "hooks/hook5.sh", "hooks/own.sh"):
            path = os.path.join(self.live, path)
            if os.path.exists(path) and os.path.isdir(os.path.join(self.live, "kept")):
                status = os.stat(path)
                found[path] = status.st_ino, status.st_mtime_ns, status.st_ctime_ns
        return found

    def change_live(self):
        self.write("home/live/settings.json", '{"changed": true}\n')
        self.write("home/live/added", "new\n")

    def alter_live(self):
        """Changes of every kind that a switch has to take back."""
        live = self.live
        self.write("home/live/settings.json", '{"changed": true}\n')
        for i in range(2):
            os.remove(os.path.join(live, "hooks", f"hook{i}.sh"))
        self.write("home/live/hooks/hook2.sh", "other\n")
        os.chmod(os.path.join(live, "hooks"), 0o750)
        self.write("home/live/more/below/file", "surplus\n")
        os.link(os.path.join(live, "more", "below", "file"), os.path.join(live, "linked"))
        shutil.rmtree(os.path.join(live, "lost"))
        os.remove(os.path.join(live, "becomes"))
        os.symlink("settings.json", os.path.join(live, "becomes"))

    def attributes(self, without=()):
        """@param without  as of attributes.dump"""
        # Where roots lie beside others, the directory around them has its time from what comes and goes in it.
        return attributes.dump(self.live, (*without, "top") if self.has_several_roots() else without)

    def has_several_roots(self):
        with open(os.path.join(self.root, "settings.json")) as file:
            return len(json.load(file)["profiles"]["live"]["roots"]) > 1

    def contents(self, top=None):
        """Of every regular file below the live tree, or another directory, by its path."""
        found, top = {}, top or self.live
        for directory, _, files in os.walk(top):
            for name in files:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, top)] = file.read()
        return found

    # The store.

    def snapshot(self, name):
        return ["--config", "settings.json", "snapshot", "-P", "live", "--name", name]

    def has_store(self):
        return os.path.exists(self.git_dir)

    def tags(self):
        said = self.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags").stdout
        return dict(line.split(" ") for line in said.splitlines())

    def packs(self):
        return len([p for p in os.listdir(os.path.join(self.git_dir, "objects", "pack")) if p.endswith(".idx")])

    def events(self):
        """The subjects of what was done, oldest first; an operation that failed has an event as well."""
        said = self.git("log", "--reverse", "--format=%H %s", "refs/heads/audit")
        told = dict(line.split(" ", 1) for line in said.stdout.splitlines()) if said.returncode == 0 else {}
        batch = subprocess.run(["git", "--git-dir", self.git_dir, "cat-file", "--batch"], capture_output=True, text=True,
                               input="".join(f"{commit}:event.json\n" for commit in told))
        done = [json.loads(line)["status"] == "success" for line in batch.stdout.splitlines() if line.startswith("{")]
        require(len(done) == len(told), f"events without event.json: {batch.stdout}")
        return [subject for subject, success in zip(told.values(), done) if success]

    def require_readable_by_git(self):
        broken = plain_git.find_broken(self.git_dir)
        require(not broken, "; ".join(broken))

    def require_sound(self):
        self.require_readable_by_git()
        verified = self.run(["verify", "--read-data"])
        require(verified.returncode == 0, f"verify: {verified.stdout}{verified.stderr}")

    def ref_locks(self):
        return [os.path.join(directory, name) for directory, _, names in os.walk(os.path.join(self.git_dir, "refs"))
                for name in names if name.endswith(".lock")]

    def require_nothing_open(self):
        waits = self.run(["operations"])
        require("No operations" in waits.stdout, f"operations: {waits.stdout}{waits.stderr}")

    def require_no_debris(self):
        ours = os.path.join(self.git_dir, "stravinsky")
        left = [name for name in os.listdir(ours) if name.startswith("staging.")]
        for directory in ("tmp", "journal", "updates"):
            if os.path.isdir(os.path.join(ours, directory)):
                left += os.listdir(os.path.join(ours, directory))
        stages = [os.path.join(d, n) for d, names, _ in os.walk(os.path.join(self.root, "home"))
                  for n in names if n.startswith(".stravinsky-")]
        require(not left and not stages, f"left behind: {left} {stages}")
