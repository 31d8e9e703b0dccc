#!/usr/bin/env python3
"""Kills `init`, `snapshot`, `update` and everything else that changes a live tree in place at system calls, or
cuts the power there, and looks at what is left.

For each point: the next command needs no manual step; refs, snapshot and event are there together or
not at all; older snapshots are what they were; plain git and the second implementation agree; nothing
is left lying about. docs/format.md 11 is what is tested here.

For `checkout`, `rollback`, `undo`, `recovery` of a directory, several `roots` and a `whole` one
(docs/format.md 14) besides: before anything recovers, each live file that both states have is there,
whole, as in one of them; after one more command, itself killed at some of the points, the tree is in all
its attributes the old one or the new one; and the old one can be brought back. The same where the
filesystem cannot exchange names (`fallback`), but for the names that are absent for a moment.

What only an event tells of, settings, keys, notes and the checkpoint, is in recorded.py.

  crash_points.py --program PATH [--power | --faults | --signals] [--all] [--seed N] [--points N] [--operation NAME]

--faults lets each of these calls fail instead, once or from then on: success is then never said of less
than all. --signals sends SIGINT or SIGTERM instead: that is as a crash, but clean at once. --power runs on a
loop-mounted ext4 that is shut down without writing anything back, so that all that was not fsynced is lost; it
needs root. Prints how many points it tried; exit status 1 on a finding.
"""
import argparse
import collections
import ctypes
import difflib
import fcntl
import json
import os
import random
import re
import shutil
import signal as signals
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
import plain_git  # noqa: E402
import recorded  # noqa: E402
from recorded import Finding, require  # noqa: E402

ATTRIBUTES = os.path.join(HERE, "..", "support", "attributes.py")
# What changes something, and what a writer decides by. Reads cannot leave anything behind.
CALLS = ("write,pwrite64,fsync,rename,renameat2,link,linkat,unlink,unlinkat,mkdir,openat,close,flock,"
         "ftruncate,chmod,fchmod,openat2,mkdirat,symlinkat,utimensat,fchownat,syncfs,ioctl,fcntl")
# What may fail besides: calls that find something out, and those that only some entries need.
MORE_FAULTS = (",read,pread64,getdents64,newfstatat,fstat,statx,readlinkat,renameat,mknodat,fchmodat,mmap,clone3,"
               "setxattr,lsetxattr,fsetxattr,getxattr,lgetxattr,fgetxattr,listxattr,llistxattr,flistxattr,fremovexattr")
ERRORS = ("ENOSPC", "EIO", "EACCES", "EMFILE", "EROFS", "EDQUOT", "ENOMEM")
STATUSES_OF = {"ENOSPC": {26}, "EDQUOT": {26}, "EACCES": {27}, "EROFS": {27}}  # beside those of any failure
NO_EXCHANGE = ["-e", "inject=renameat2:error=EINVAL"]
CLONE_NEWNS = 0x20000
# Faults that were findings once: operation, call, what, when.
FOUND_ONCE = (("undo", "fchmod", "error=EROFS", "2+"), ("whole", "renameat2", "error=EROFS", "5"),
              ("whole", "newfstatat", "error=EACCES", "122"), ("update", "flistxattr", "error=ENOMEM", "10+"),
              ("update", "flistxattr", "error=ENOMEM", "11+"))
LEAST_OF_ALL = 5000  # points with --all
TWICE_FAILED = 22  # an update and then its rollback: docs/errors.md
EXT4_SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN
NO_LOG_FLUSH = 2            # EXT4_GOING_FLAGS_NOLOGFLUSH


class Place:
    """A directory with home, live tree and store; everything a run touches lies below it."""

    def __init__(self, root, program):
        self.root, self.program = root, program
        self.store = os.path.join(root, "store")
        self.git_dir = os.path.join(self.store, "store.git")
        self.live = os.path.join(root, "home", "live")

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

    def make_live(self, roots=({"path": "~/live"},)):
        os.makedirs(os.path.join(self.live, "hooks"))
        # A state is copied with its live tree, and a profile keeps its roots: these move with home.
        with open(os.path.join(self.root, "settings.json"), "w") as file:
            json.dump({"profiles": {"live": {"roots": list(roots), "exclude": ["projects/"]}},
                       "safety": {"disk_space_threshold_mb": 1}}, file)
        for i in range(6):
            with open(os.path.join(self.live, "hooks", f"hook{i}.sh"), "w") as file:
                file.write(f"#!/bin/sh\necho {i}\n" * (i + 1))
        with open(os.path.join(self.live, "settings.json"), "w") as file:
            file.write("{}\n")

    def add_excluded(self):
        """What no snapshot has, in a directory that itself never changes."""
        os.makedirs(os.path.join(self.live, "kept", "projects"))
        with open(os.path.join(self.live, "kept", "projects", "log"), "w") as file:
            file.write("not ours\n")

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
        with open(os.path.join(self.live, "settings.json"), "w") as file:
            file.write('{"changed": true}\n')
        with open(os.path.join(self.live, "added"), "w") as file:
            file.write("new\n")

    def snapshot(self, name):
        return ["--config", "settings.json", "snapshot", "-P", "live", "--name", name]

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


    def alter_live(self):
        """Changes of every kind that a switch has to take back."""
        live = self.live
        with open(os.path.join(live, "settings.json"), "w") as file:
            file.write('{"changed": true}\n')
        for i in range(2):
            os.remove(os.path.join(live, "hooks", f"hook{i}.sh"))
        with open(os.path.join(live, "hooks", "hook2.sh"), "w") as file:
            file.write("other\n")
        os.chmod(os.path.join(live, "hooks"), 0o750)
        os.makedirs(os.path.join(live, "more", "below"))
        with open(os.path.join(live, "more", "below", "file"), "w") as file:
            file.write("surplus\n")
        os.link(os.path.join(live, "more", "below", "file"), os.path.join(live, "linked"))
        shutil.rmtree(os.path.join(live, "lost"))
        os.remove(os.path.join(live, "becomes"))
        os.symlink("settings.json", os.path.join(live, "becomes"))

    def attributes(self, *options):
        said = subprocess.run([sys.executable, ATTRIBUTES, *options, self.live], capture_output=True, text=True)
        require(said.returncode == 0, f"attributes: {said.stderr}")
        # Where roots lie beside others, the directory around them has its time from what comes and goes in it.
        return said.stdout.partition("\n")[2] if self.has_several_roots() else said.stdout

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


def check(place, older, name):
    """What must hold after a crash during the snapshot `name`; `older` are the tags before it."""
    had_store = os.path.exists(place.git_dir)
    if had_store:
        listed = place.run(["list", "--json"])
        require(listed.returncode == 0, f"list: {listed.returncode} {listed.stderr}")
        seen = {s["ref"]: s["commit"] for s in json.loads(listed.stdout)["snapshots"]}
        for ref, commit in older.items():
            require(seen.get(ref) == commit, f"{ref} is {seen.get(ref)}, was {commit}")
        new = set(seen) - set(older)
        require(new <= {f"refs/tags/live/{name}"}, f"unexpected: {new}")
        events = [e for e in place.events() if e.startswith("SNAPSHOT")]
        require(len(events) == len(seen), f"{len(events)} events, {len(seen)} snapshots")
    again = place.run(place.snapshot("after"))
    require(again.returncode == 0, f"next snapshot: {again.returncode} {again.stderr}")
    tags = place.tags()
    for ref, commit in older.items():
        require(tags.get(ref) == commit, f"{ref} is {tags.get(ref)}, was {commit}")
    events = [e.split(" ")[1] for e in place.events() if e.startswith("SNAPSHOT")]
    require(sorted("refs/tags/" + e for e in events) == sorted(tags), f"events {events}, tags {tags}")
    broken = plain_git.find_broken(place.git_dir)
    require(not broken, "; ".join(broken))
    head = place.git("rev-parse", "refs/stravinsky/current/live", "refs/tags/live/after").stdout.split()
    require(len(set(head)) == 1, f"current is {head}")
    require(place.git("verify-commit", "refs/tags/live/after", "refs/heads/audit").returncode == 0,
            "a signature does not hold")
    left = os.listdir(os.path.join(place.git_dir, "stravinsky", "tmp"))
    locks = [os.path.join(d, f) for d, _, files in os.walk(os.path.join(place.git_dir, "refs"))
             for f in files if f.endswith(".lock")]
    packs = os.listdir(os.path.join(place.git_dir, "objects", "pack"))
    require(not left and not locks, f"left behind: {left} {locks}")
    require(not os.path.exists(os.path.join(place.store, "store.git.new")), "store.git.new is left")
    require(all(p.endswith((".pack", ".idx")) for p in packs), f"in objects/pack: {packs}")


def did_not_start(ran):
    """Failed in the dynamic loader or in the C library's own start, before any of ours ran."""
    return ran.returncode == 127 and re.search(r"error while loading shared libraries|Fatal glibc error: "
                                               r"|^cannot allocate TLS data structures", ran.stderr, re.M)


def check_fault(place, ran, older, operation, what, may_speak):
    """What must hold when a call of `init` or of a snapshot failed, and it lived to tell of it."""
    said = ran.stderr.strip()
    if not did_not_start(ran):
        expected = STATUSES_OF.get(what, set()) | {0, 1, 3, 12, 14, 15}
        require(ran.returncode in expected, f"{what} ended by {ran.returncode}: {said}")
    require(ran.returncode == 0 or said or not may_speak, f"{ran.returncode} without a word")
    if operation == "init":
        require(ran.returncode != 0 or os.path.exists(place.git_dir), "0 and no store")
    elif ran.returncode in (0, 3):
        # With its event a snapshot is there; a ref that could not be moved then is said so.
        require("refs/tags/live/new" in place.tags() or "the next writing command finishes it" in said,
                f"{ran.returncode} and no snapshot")
        out = os.path.join(place.root, "out")
        restored = place.run(["checkout", "live/new", "--to", out])
        require(restored.returncode == 0, f"checkout: {restored.returncode} {restored.stderr}")
        missing = set(place.contents().items()) - set(place.contents(out).items())
        require(not missing or (ran.returncode == 3 and "not captured" in said),
                f"{ran.returncode} and without {[path for path, _ in missing]}: {said}")
    check(place, older, "new")


def check_signal(place, ran, signal, older, switch):
    """What must hold after SIGINT or SIGTERM, with no command in between."""
    stopped = 128 + signal
    expected = switch.expected if switch else 0
    # Before the handlers stand it is the kernel that ends us, and nothing has begun.
    require(ran.returncode in (expected, stopped, -signal), f"ended by {ran.returncode}: {ran.stdout}{ran.stderr}")
    if os.path.exists(place.git_dir):
        check_no_debris(place)
    if switch is None:
        require(ran.returncode != 0 or not older or "refs/tags/live/new" in place.tags(), "0 and no snapshot")
        check(place, older, "new")
        return
    switch.check_live(place)
    if ran.returncode == expected:
        switch.check_answer(place)
    switch.check_done(place)


def check_store(place):
    broken = plain_git.find_broken(place.git_dir)
    require(not broken, "; ".join(broken))
    verified = place.run(["verify", "--read-data"])
    require(verified.returncode == 0, f"verify: {verified.stdout}{verified.stderr}")


def check_no_debris(place):
    ours = os.path.join(place.git_dir, "stravinsky")
    journal = os.path.join(ours, "journal")
    left = os.listdir(os.path.join(ours, "tmp")) + (os.listdir(journal) if os.path.isdir(journal) else [])
    updates = os.path.join(ours, "updates")
    left += os.listdir(updates) if os.path.isdir(updates) else []
    left += [name for name in os.listdir(ours) if name.startswith("staging.")]
    stages = [os.path.join(d, n) for d, names, _ in os.walk(os.path.join(place.root, "home"))
              for n in names if n.startswith(".stravinsky-")]
    require(not left and not stages, f"left behind: {left} {stages}")


class Switch:
    """Both states of a live tree, and what must hold when the way from one to the other was cut."""

    FAILURES = {1, 12, 14, 15, 25}  # of any error, beside those that tell which it was

    def __init__(self, old, new, back, exchanges=True):
        """old, new: places in those states; back: what brings the old one back, a list of words or a function
        that makes one of the newest safety snapshot's name."""
        self.old, self.new = old.attributes(), new.attributes()
        self.old_contents, self.new_contents = old.contents(), new.contents()
        self.back, self.exchanges = back, exchanges
        self.how, self.expected = ["finish", "revert", "pin"], 0
        self.chance = random.Random(1)
        self.ends = collections.Counter()
        self.untouched = {}
        self.statuses = collections.Counter()

    def check_answer(self, place):
        require(place.attributes() == self.new, "success is said of less than all")

    def check_failure(self, place, ran, error, may_speak):
        """What must hold of a live tree when a call failed, before anything recovers: nothing is changed or all
        is, unless the message says that there is something to finish."""
        said = ran.stderr.strip()
        self.statuses[ran.returncode] += 1
        self.check_live(place)
        if did_not_start(ran):
            require(self.is_whole(place), "changed by a program that did not start")
            return
        require(ran.returncode in STATUSES_OF.get(error, set()) | self.FAILURES,
                f"{error} ended by {ran.returncode}: {said}")
        require(said or not may_speak, f"{ran.returncode} without a word")
        require(self.is_whole(place) or "operations" in said or not may_speak,
                f"{ran.returncode}, half done and not said so: {said}")
        names = r"/|'[^']+'|not captured: \S.*: \S|out of memory|a thread|standard output"
        require(not may_speak or re.search(names, said) or re.search(names, ran.stdout), f"names nothing: {said}")

    def is_whole(self, place):
        return place.attributes() in (self.old, self.new)

    def check_live(self, place):
        require(place.untouched() == self.untouched, f"touched: {self.untouched} is {place.untouched()}")
        found = place.contents()
        for path in set(self.old_contents) & set(self.new_contents):
            if path not in found and not self.exchanges:
                continue
            require(found.get(path) in (self.old_contents[path], self.new_contents[path]),
                    f"{path} is {found.get(path)!r}")

    def check(self, place):
        self.check_live(place)
        self.ends["half"] += not self.is_whole(place)
        how = self.chance.choice(self.how)
        recover = ["pin", "-P", "live", "first"] if how == "pin" else ["operations", how]
        recover = ["--config", "settings.json", *recover]
        if self.chance.random() < 0.5:
            # Recovery may be killed anywhere, too.
            call = self.chance.choice(["renameat2", "unlinkat", "fsync", "rename", "write", "unlink"])
            trace = os.path.join(place.root, "trace")
            place.run(recover, ["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + call, "-e",
                                f"inject={call}:signal=SIGKILL:when={self.chance.randint(1, 6)}"])
        # Two may recover at once, and neither does what the other has done.
        for again in place.run_at_once(recover, self.chance.choice((1, 1, 3))):
            require(again.returncode == 0, f"{recover}: {again.returncode} {again.stdout}{again.stderr}")
        self.check_done(place)

    def check_done(self, place, only_new=False):
        require(place.untouched() == self.untouched, f"touched: {self.untouched} is {place.untouched()}")
        now = place.attributes()
        require(now == self.new or (now == self.old and not only_new),
                "neither old nor new:\n" + "\n".join(
                    min((list(difflib.unified_diff(state.splitlines(), now.splitlines(), name, "now", n=0))
                         for name, state in (("old", self.old), ("new", self.new))), key=len)))
        check_no_debris(place)
        waits = place.run(["operations"])
        require("No operations" in waits.stdout, f"operations: {waits.stdout}{waits.stderr}")
        check_store(place)
        self.ends["new" if now == self.new else "old"] += 1
        if now != self.new:
            return
        # What was live before can be brought back.
        words = self.back
        if callable(words):
            listed = json.loads(place.run(["list", "--json", "--category", "auto-backup"]).stdout)["snapshots"]
            require(listed, "no auto-backup")
            words = words(listed[0]["name"])
        back = place.run(words)
        require(back.returncode == 0, f"back: {back.stdout}{back.stderr}")
        require(place.attributes() == self.old, "the old state does not come back")


class Updated(Switch):
    """An update, cut anywhere: the user ends on what was there before, in all its attributes, or on the new
    version, and every update that the chain says has begun it also says has ended."""

    STATUS = {True: 21, False: 0}
    FAILURES = Switch.FAILURES | {20, 21}

    def __init__(self, old, new, back, fails=False):
        super().__init__(old, new, back)
        self.new = new.attributes("--no-time")  # files that come are dated when they come
        self.fails = fails
        self.expected = self.STATUS[fails]
        self.how = ["revert", "pin"] if fails else ["finish", "revert", "pin"]

    def events(self, place):
        said = place.run(["audit", "log", "--json", "-n", "1000"])
        require(said.returncode == 0, f"audit log: {said.stderr}")
        return list(reversed(json.loads(said.stdout)["events"]))

    def is_whole(self, place):
        return place.attributes() == self.old or self.is_new(place)

    def is_new(self, place):
        return place.attributes("--no-time") == self.new

    def check_answer(self, place):
        require(place.attributes() == self.old if self.fails else self.is_new(place),
                "the answer says more than is done")

    def check_done(self, place, only_new=False):
        now = place.attributes()
        is_old, is_new = now == self.old, self.is_new(place)
        events = self.events(place)
        failed_twice = any(e["event_type"] == "AUTO_ROLLBACK_FAILED" for e in events)
        if self.fails and not failed_twice:
            require(is_old, "not what was there before:\n" + "\n".join(
                difflib.unified_diff(self.old.splitlines(), now.splitlines(), "old", "now", n=0)))
        require(is_old or is_new, "neither old nor new")
        open_updates = {}
        for event in events:
            kind, update = event["event_type"], event.get("update")
            if kind == "UPDATE_START":
                require(not open_updates, "an update begins before the one before has ended")
                open_updates[update] = True
            elif kind in ("UPDATE_SUCCESS", "AUTO_ROLLBACK_SUCCESS", "AUTO_ROLLBACK_FAILED") or (
                    kind == "UPDATE_FAILED" and event.get("action") == "NONE"):
                require(open_updates.pop(update, None), f"{kind} of no update that has begun")
        require(not open_updates, f"never ended: {open_updates}")
        version = json.loads(place.run(["show", "current", "--json", "-P", "live"]).stdout)["snapshot"]["version"]
        require(version == ("0.4.0" if is_old else "0.4.1"), f"version {version}")
        check_no_debris(place)
        waits = place.run(["operations"])
        require("No operations" in waits.stdout, f"operations: {waits.stdout}{waits.stderr}")
        check_store(place)
        self.ends["old" if is_old else "new"] += 1
        if is_old:
            return
        back = place.run(self.back)
        require(back.returncode == 0, f"back: {back.stdout}{back.stderr}")
        require(place.attributes() == self.old, "the old state does not come back")


def count_calls(place, words, calls, inject=(), status=0):
    """How often each process or thread makes each call: the points at which it can be stopped."""
    trace = os.path.join(place.root, "trace")
    run = place.run(words, ["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + calls, *inject])
    require(run.returncode == status, f"{words}: {run.returncode} {run.stdout}{run.stderr}")
    require(not inject or "absent for a moment" in run.stderr, f"not said: {run.stderr}")
    counts = collections.Counter()
    with open(trace, errors="replace") as file:
        for line in file:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match:
                counts[match.groups()] += 1
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    if inject:
        del most["renameat2"]  # it fails already
    return [(call, n) for call in sorted(most) for n in range(1, most[call] + 1)]


def count_maps_of_start(program, base):
    """How often a program maps memory that does nothing but start."""
    trace = os.path.join(base, "trace")
    subprocess.run(["strace", "-qq", "-o", trace, "-e", "trace=mmap", program, "version"], check=True,
                   stdout=subprocess.DEVNULL)
    with open(trace, errors="replace") as file:
        return sum(line.startswith("mmap(") for line in file)


def sample(points, count, chance):
    """As many of each call as there are, or nearly: those that are made most would leave none of the others."""
    left = collections.defaultdict(list)
    for point in points:
        left[point[0]].append(point)
    taken = []
    while left and len(taken) < count:
        for call in chance.sample(sorted(left), len(left)):
            taken.append(left[call].pop(chance.randrange(len(left[call]))))
            if not left[call]:
                del left[call]
    return sorted(taken[:count])


def choose_injection(options, chance, call, n):
    """What strace is told of the n-th call: the call, what happens, when."""
    if options.signals:
        return call, f"signal={chance.choice((2, 15))}", str(n)
    if options.faults:
        return call, "error=" + chance.choice(ERRORS), f"{n}+" if chance.random() < 0.3 else str(n)
    return call, "signal=SIGKILL", str(n)


class Plain:
    """Points in a directory: kill only."""

    def __init__(self, program):
        self.base = tempfile.mkdtemp(prefix="stravinsky-crash-")
        self.program = program

    def fresh(self, template):
        root = os.path.join(self.base, "run")
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", template, root], check=True)
        return Place(root, self.program)

    def after_crash(self):
        pass

    def close(self):
        shutil.rmtree(self.base, ignore_errors=True)


class PowerCut(Plain):
    """Points on an ext4 of its own that loses what was not written when the process dies."""

    def __init__(self, program):
        super().__init__(program)
        # Whoever copies the mounts of this process keeps the filesystem alive, dead as it is: another test
        # that makes itself a namespace would. So it is mounted where nobody else is.
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "cannot make a mount namespace")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        self.image = os.path.join(self.base, "disk")
        self.mount = os.path.join(self.base, "m")
        os.mkdir(self.mount)
        subprocess.run(["truncate", "-s", "64M", self.image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)
        self.mounted = False

    def mount_it(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.mount], check=True)
        self.mounted = True

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", self.mount], check=True)
            self.mounted = False

    def fresh(self, template):
        self.unmount()
        self.mount_it()
        root = os.path.join(self.mount, "run")
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", template, root], check=True)
        os.sync()
        return Place(root, self.program)

    def after_crash(self):
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)
        self.unmount()
        self.mount_it()
        # A power cut is followed by a boot, which this machine does not make: what it would find older
        # than itself is dated so. (An emptied lock file says nothing of whose it is but its age.)
        for directory, _, files in os.walk(self.mount):
            for name in files:
                if name.endswith(".lock"):
                    os.utime(os.path.join(directory, name), (1, 1))

    def close(self):
        self.unmount()
        super().close()


def templates(program, base):
    """The states that operations start from: no store, a store with two snapshots, and one whose next
    snapshot makes so many packs that they are folded."""
    empty = Place(os.path.join(base, "empty"), program)
    os.makedirs(empty.root)
    empty.make_live()
    filled = Place(os.path.join(base, "filled"), program)
    subprocess.run(["cp", "-a", empty.root, filled.root], check=True)
    for name in ("first", "second"):
        run = filled.run(filled.snapshot(name))
        require(run.returncode == 0, f"first snapshots: {run.stderr}")
    filled.change_live()
    many = Place(os.path.join(base, "many"), program)
    subprocess.run(["cp", "-a", empty.root, many.root], check=True)
    for number in range(6):
        run = many.run(many.snapshot(f"old-{number}"))
        require(run.returncode == 0, f"snapshots before folding: {run.stderr}")
    require(many.packs() == 7, f"{many.packs()} packs before folding")
    trial = Place(os.path.join(base, "trial"), program)
    subprocess.run(["cp", "-a", many.root, trial.root], check=True)
    trial.run(trial.snapshot("new"))
    require(trial.packs() == 1, f"{trial.packs()} packs: nothing was folded")
    return {"init": (empty, ["init"]), "first": (empty, empty.snapshot("new")),
            "snapshot": (filled, filled.snapshot("new")), "fold": (many, many.snapshot("new"))}


def switches(program, base):
    """Live trees that differ in every way from their snapshot, to be brought back in place by each command
    that does so; besides each, the same tree when it is done."""

    def on_profile(*words):
        return ["--config", "settings.json", *words, "-P", "live"]

    def copied(place, name):
        copy = Place(os.path.join(base, name), program)
        subprocess.run(["cp", "-a", place.root, copy.root], check=True)
        return copy

    def done(place, name, words):
        after = copied(place, name)
        run = after.run(words)
        require(run.returncode == 0, f"{words}: {run.stdout}{run.stderr}")
        return after

    def made(name, whole=False, **options):
        place = Place(os.path.join(base, name), program)
        os.makedirs(place.root)
        place.make_live(**options)
        if not whole:
            place.add_excluded()
        os.makedirs(os.path.join(place.live, "lost", "deep"))
        with open(os.path.join(place.live, "lost", "deep", "file"), "w") as file:
            file.write("lost\n")
        os.link(os.path.join(place.live, "settings.json"), os.path.join(place.live, "lost", "linked"))
        with open(os.path.join(place.live, "becomes"), "w") as file:
            file.write("a file\n")
        run = place.run(place.snapshot("first"))
        require(run.returncode == 0, f"first snapshot: {run.stderr}")
        first = copied(place, name + "-first")
        place.alter_live()
        return place, first

    def checkout(name):
        return on_profile("checkout", name, "--delete", "-f")

    undo, redo = on_profile("rollback", "undo"), on_profile("rollback", "redo")
    altered, first = made("altered")
    rolled = done(altered, "rolled", on_profile("rollback", "to", "first"))
    require(rolled.attributes() == first.attributes(), "a rollback is not exact")
    hooks = ["--config", "settings.json", "recovery", "directory", "home/live/hooks", "first"]
    # As roots of one profile: two directories and a file, beside what is in none of them.
    several, _ = made("several", roots=({"path": "~/live/hooks", "mount": "hooks"},
                                        {"path": "~/live/lost", "mount": "lost"},
                                        {"path": "~/live/settings.json", "mount": "settings.json"}))
    to_first = on_profile("rollback", "to", "first")
    release, released = made("release", whole=True, roots=({"path": "~/live", "switch": "directory"},))
    return {"checkout": (altered, checkout("first"), Switch(altered, first, checkout), []),
            "fallback": (altered, checkout("first"), Switch(altered, first, checkout, exchanges=False),
                         NO_EXCHANGE),
            "rollback": (altered, to_first, Switch(altered, first, undo), []),
            "undo": (rolled, undo, Switch(rolled, done(rolled, "undone", undo), redo), []),
            "recovery": (altered, hooks, Switch(altered, done(altered, "recovered", hooks), undo), []),
            "roots": (several, to_first, Switch(several, done(several, "several-done", to_first), undo), []),
            "whole": (release, to_first, Switch(release, released, undo), [])}


def updates(program, base):
    """A release over another one, with edits of the user's in the same files: one that passes its checks and
    one that does not."""

    def copied(place, name):
        copy = Place(os.path.join(base, name), program)
        subprocess.run(["cp", "-a", place.root, copy.root], check=True)
        return copy

    def write(place, path, text, mode=0o644):
        path = os.path.join(place.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def update(version, check):
        return ["--config", "settings.json", "update", version, "--from", "release-" + version, "-P", "live",
                "--check", check]

    place = Place(os.path.join(base, "updatable"), program)
    os.makedirs(place.root)
    place.make_live()
    shutil.rmtree(place.live)
    os.makedirs(place.live)
    place.add_excluded()
    for version in ("0.4.0", "0.4.1"):
        top = "release-" + version
        write(place, f"{top}/settings.json", '{\n  "a": "%s",\n  "b": 1\n}\n' % version)
        for i in range(4):
            write(place, f"{top}/hooks/hook{i}.sh", f"#!/bin/sh\necho {version if i < 2 else i}\n", 0o755)
    write(place, "release-0.4.0/gone/below/file", "gone\n")
    write(place, "release-0.4.1/new/below/file", "new\n")
    run = place.run(update("0.4.0", "true"))
    require(run.returncode == 0, f"first update: {run.stdout}{run.stderr}")
    run = place.run(["--config", "settings.json", "snapshot", "-P", "live", "--name", "first"])
    require(run.returncode == 0, f"snapshot: {run.stderr}")
    write(place, "home/live/settings.json", '{\n  "a": "0.4.0",\n  "b": 1,\n  "mine": true\n}\n')
    write(place, "home/live/hooks/own.sh", "#!/bin/sh\necho own\n")
    after = copied(place, "updated")
    run = after.run(update("0.4.1", "true"))
    require(run.returncode == 0, f"update: {run.stdout}{run.stderr}")
    undo = ["--config", "settings.json", "rollback", "undo", "-P", "live"]
    return {"update": (place, update("0.4.1", "true"), Updated(place, after, undo), []),
            "update-failing": (place, update("0.4.1", "false"), Updated(place, after, undo, fails=True), [])}


def told_by_events(program, base):
    place = Place(os.path.join(base, "told"), program)
    os.makedirs(place.root)
    place.make_live()
    for name in ("first", "second"):
        run = place.run(place.snapshot(name))
        require(run.returncode == 0, f"snapshot {name}: {run.stderr}")
        place.change_live()

    def copied(start, name):
        copy = Place(os.path.join(base, name), program)
        subprocess.run(["cp", "-a", start.root, copy.root], check=True)
        return copy

    return recorded.operations(place, copied, check_store)


def point_words(place, words):
    return [word.replace(os.path.dirname(word), place.root) if os.path.isabs(word) else word
            for word in words]


def acknowledged(ground, template, words, switch):
    """What was answered with success survives a power cut right after."""
    place = ground.fresh(template.root)
    if switch:
        switch.untouched = place.untouched()
    run = place.run(point_words(place, words))
    require(run.returncode == (switch.expected if switch else 0), f"{words}: {run.stderr}")
    older = place.tags()
    ground.after_crash()
    if switch:
        switch.check_answer(place)
        # What was cleared up after the answer may be back; any writing command clears it up again.
        again = place.run(["--config", "settings.json", "mark-good", "-P", "live", "latest"])
        require(again.returncode == 0, f"next command: {again.stdout}{again.stderr}")
        switch.check_done(place, only_new=True)
    else:
        check(place, older, "new")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--power", action="store_true")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--signals", action="store_true")
    parser.add_argument("--all", action="store_true", default=os.environ.get("STRAVINSKY_ALL") == "1")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("STRAVINSKY_SEED", "1")))
    parser.add_argument("--points", type=int, help="of each operation; 20, of signals 10")
    parser.add_argument("--operation", action="append", help="only this one; repeatable")
    options = parser.parse_args()
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed")
        return 77
    if options.power and (os.geteuid() != 0 or shutil.which("mkfs.ext4") is None):
        print("SKIP: a power cut needs root and mkfs.ext4")
        return 77
    if options.points is None:
        options.points = 10 if options.signals else 20  # enough for a run of all tests: the seed is another each time
    chance = random.Random(options.seed)
    program = os.path.abspath(options.program)
    tried, findings = 0, 0
    with tempfile.TemporaryDirectory(prefix="stravinsky-crash-") as base:
        maps_of_start = count_maps_of_start(program, base)
        ground = (PowerCut if options.power else Plain)(program)
        try:
            plain = {name: (*one, None, []) for name, one in templates(program, base).items()}
            operations = {**plain, **switches(program, base), **updates(program, base),
                          **told_by_events(program, base)}
            for operation, (template, words, switch, inject) in operations.items():
                if options.operation and operation not in options.operation:
                    continue
                # Paths change from place to place, and so does the store that settings speak of.
                place = ground.fresh(template.root)
                calls = CALLS + MORE_FAULTS if options.faults else CALLS
                points = count_calls(place, point_words(place, words), calls, inject,
                                     switch.expected if switch else 0)
                if options.faults:
                    # strace makes a call fail by leaving it out. No close of Linux leaves its descriptor open,
                    # and with it the lock, whatever it returns.
                    points = [point for point in points if point[0] != "close"]
                print(f"{operation}: {len(points)} points")
                if not options.all:
                    # Those of recorded.py are many and of one kind: a sample of all is spread over them.
                    most = options.points if options.operation or not isinstance(switch, recorded.Recorded) \
                        else max(1, options.points // 4)
                    points = sample(points, most, chance)
                injections = [choose_injection(options, chance, *point) for point in points]
                if options.faults:
                    injections += [found[1:] for found in FOUND_ONCE if found[0] == operation]
                for call, what, when in injections:
                    place = ground.fresh(template.root)
                    older = place.tags() if os.path.exists(place.git_dir) else {}
                    if switch:
                        switch.untouched = place.untouched()
                    trace = os.path.join(base, "trace")
                    ran = place.run(point_words(place, words),
                                    ["strace", "-f", "-qq", "-o", trace, "-e", "trace=renameat2," + call,
                                     *inject, "-e", f"inject={call}:{what}:when={when}"])
                    tried += 1
                    try:
                        may_speak = call != "write" or not when.endswith("+")
                        if options.signals:
                            check_signal(place, ran, int(what.partition("=")[2]), older, switch)
                            continue
                        if not options.faults:
                            ground.after_crash()
                        elif ran.returncode == -signals.SIGSEGV and call == "mmap" \
                                and int(when.rstrip("+")) <= maps_of_start:
                            pass  # the dynamic loader does not look at what its first ones gave it
                        elif switch is None:
                            check_fault(place, ran, older, operation, what.partition("=")[2], may_speak)
                            continue
                        elif ran.returncode in (3, TWICE_FAILED):
                            # What could not be read is left alone, and named: neither state, but said so. What the
                            # answer lists has a path and a reason.
                            listed = re.search(r"^(Not restored|Not cleared|Incomplete): \S.*: \S", ran.stdout, re.M)
                            # So it is with an update whose way back failed as well: it says of each what.
                            critical = re.search(r"^CRITICAL: (?!.*; :).*: \S", ran.stdout, re.M)
                            require(critical if ran.returncode == TWICE_FAILED else ran.stderr.strip() or listed,
                                    f"{ran.returncode} without a word")
                            switch.check_live(place)
                            place.run(["operations", "finish"])
                            check_no_debris(place)
                            check_store(place)
                            continue
                        elif ran.returncode == switch.expected:
                            switch.check_answer(place)
                        else:
                            switch.check_failure(place, ran, what.partition("=")[2], may_speak)
                        if switch:
                            switch.check(place)
                        else:
                            check(place, older, "new")
                    except Finding as finding:
                        findings += 1
                        print(f"{operation}: {what} at {call} {when}: {finding}")
                if switch:
                    print(f"{operation}: {dict(switch.ends)}")
                if options.power and operation != "init":
                    for _ in range(100 if options.all else 5):
                        tried += 1
                        try:
                            acknowledged(ground, template, words, switch)
                        except Finding as finding:
                            findings += 1
                            print(f"{operation}: power cut after the answer: {finding}")
        finally:
            ground.close()
    if options.all and options.operation is None and tried < LEAST_OF_ALL:
        findings += 1
        print(f"fewer than {LEAST_OF_ALL} points: something is not traced any more")
    print(f"{tried} crash points tried, {findings} findings (seed {options.seed})")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
