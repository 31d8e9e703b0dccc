#!/usr/bin/env python3
"""Random edits of a store, byte by byte and in structure: each is found, by `audit verify` or, where bytes are damaged
that the chain does not vouch for at first hand, by `verify`; or it changes nothing that the chain, the refs or their
snapshots say. A sample by seed; 10,000 with STRAVINSKY_ALL=1. [S05] [S28]

  mutations.py --program PATH [--count N] [--seed N] [--kind NAME]
"""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import Case, with_signers

SAMPLE, ALL = 120, 10_000


def told(case):
    """What the store says to whoever asks: events, refs, snapshots."""
    answers = []
    for words in (("audit", "log", "--json"), ("audit", "show", "latest", "--refs", "--json"), ("list", "--json")):
        ran = case.try_run(*words)
        try:
            answer = json.loads(ran.stdout.splitlines()[-1])
            answer.pop("warnings", None)
        except (ValueError, IndexError):
            answer = ran.returncode
        answers.append(answer)
    refs = case.try_git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags",
                        "refs/stravinsky")
    # A git that opens the store no more, for its settings' sake, tells nothing wrong.
    if refs.returncode == 0:
        answers.append(refs.stdout)
    return answers


def files(case):
    roots = (case.git_dir, case.store / "audit", case.home / ".local/state", case.home / ".config")
    return sorted(path for root in roots for path in root.rglob("*")
                  if path.is_file() and not path.name.startswith("lock.") and path.name not in ("description",))


class Editor:
    """Makes one edit at a time, of a kind that is asked for, and says which."""

    def __init__(self, case, random_):
        self.case, self.random = case, random_
        self.kinds = {
            "flip": lambda: self.flip(files(case)), "cut": self.cut, "add": self.add, "drop": self.drop,
            "chain": self.chain, "signers": self.signers, "keys": self.keys, "revocations": self.revocations,
            "refs": self.refs, "packed-refs": self.packed_refs, "config": self.config, "beside": self.beside}

    def put(self, path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.chmod(0o600)
        path.write_bytes(content)

    def name(self, path):
        return str(path.relative_to(self.case.top))

    def pick(self, paths=None):
        return self.random.choice(paths or files(self.case))

    # ---- bytes of any file, or of those given ----

    def flip(self, paths):
        path = self.pick(paths)
        content = bytearray(path.read_bytes())
        if not content:
            return self.add(path)
        at, bit = self.random.randrange(len(content)), self.random.randrange(8)
        content[at] ^= 1 << bit
        self.put(path, bytes(content))
        return f"bit {bit} of byte {at} of {self.name(path)}"

    def cut(self):
        path = self.pick()
        content = path.read_bytes()
        size = self.random.randrange(len(content)) if content else 0
        self.put(path, content[:size])
        return f"{self.name(path)} cut to {size} bytes"

    def add(self, path=None):
        path = path or self.pick()
        self.put(path, path.read_bytes() + bytes([self.random.randrange(256)]))
        return f"a byte behind {self.name(path)}"

    def drop(self):
        path = self.pick()
        path.unlink()
        return f"{self.name(path)} removed"

    def lines(self, path, extra):
        """Lines dropped, doubled, exchanged, or one of `extra` put in."""
        lines = path.read_bytes().splitlines(keepends=True)
        way = self.random.choice(("drop", "double", "exchange", "insert", "flip"))
        if way == "flip" or not lines:
            return self.flip([path])
        at = self.random.randrange(len(lines))
        if way == "drop":
            del lines[at]
        elif way == "double":
            lines.insert(at, lines[at])
        elif way == "exchange":
            other = self.random.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines.insert(at, self.random.choice(extra))
        self.put(path, b"".join(lines))
        return f"{self.name(path)}: {way} line {at + 1}"

    # ---- structure ----

    def chain(self):
        events = self.case.events()
        way = self.random.choice(("drop", "double", "exchange", "cut"))
        at = self.random.randrange(len(events))
        if way == "drop":
            del events[at]
        elif way == "double":
            events.insert(at, events[at])
        elif way == "cut":
            del events[max(at, 1):]
        else:
            other = self.random.randrange(len(events))
            events[at], events[other] = events[other], events[at]
        self.case.point(events)
        return f"events: {way} {at + 1}"

    def other_signer(self):
        key = self.case.top / "another"
        if not key.exists():
            self.case.new_key("another")
        line = " ".join((self.case.top / "another.pub").read_text().split()[:2])
        return f'tester@elsewhere namespaces="git" {line}\n'.encode()

    def signers(self):
        """The list by which git judges, and the one in the tree of an event."""
        if self.random.random() < 0.5:
            return self.lines(self.case.git_dir / "stravinsky/allowed_signers", [self.other_signer()])
        events = self.case.events()
        at = self.random.randrange(len(events))
        text = self.case.git("cat-file", "blob", self.case.put("commit", events[at]) + ":allowed_signers").decode()
        way = self.random.choice(("another key", "no valid-before", "emptied"))
        changed = {"another key": text + self.other_signer().decode(), "emptied": "",
                   "no valid-before": re.sub(',?valid-before="[0-9]*Z"', "", text)}[way]
        if changed == text:
            changed = text + "\n"
        events[at] = with_signers(self.case, events[at], changed)
        self.case.point(events)
        return f"allowed_signers of event {at + 1}: {way}"

    def keys(self):
        keys = [path for path in (self.case.home / ".config").rglob("*") if path.is_file()]
        path = self.pick(keys)
        if self.random.random() < 0.3:
            path.chmod(self.random.choice((0o640, 0o644, 0o600, 0o400)))
            return f"mode of {self.name(path)}"
        return self.flip([path])

    def revocations(self):
        """Another key, another number, or none at all; with another event's signature or the old one."""
        events = self.case.events()
        at = next(i for i, event in enumerate(events) if b"\nKEY_REVOKE " in event)
        way = self.random.choice(("from", "key", "type", "drop"))
        if way == "drop":
            del events[at]
        else:
            change = {"from": {"from": self.random.randrange(1, 9)}, "key": {"key": "SHA256:none"},
                      "type": {"event_type": "PIN"}}[way]
            events[at] = self.case.with_event(events[at], lambda event: event.update(change))
        self.case.point(events)
        return f"the revocation: {way}"

    def refs(self):
        case, random_ = self.case, self.random
        commits = case.git("rev-list", "--all").decode().split()
        names = case.git("for-each-ref", "--format=%(refname)").decode().split()
        ref, target = random_.choice(names), random_.choice(commits)
        way = random_.choice(("move", "move", "delete", "create", "symbolic", "exchange", "bytes"))
        if way == "move":
            case.git("update-ref", "--no-deref", ref, target)
            return f"{ref} moved to {target}"
        if way == "delete":
            case.git("update-ref", "--no-deref", "-d", ref)
            return f"{ref} deleted"
        if way == "create":
            new = random_.choice(("refs/tags/claude/new", "refs/heads/new", "refs/stravinsky/current/new",
                                  "refs/stravinsky/good/claude", "refs/heads/upstream/claude"))
            case.git("update-ref", new, target)
            return f"{new} made at {target}"
        if way == "symbolic":
            self.put(case.git_dir / ref, f"ref: {random_.choice(names)}\n".encode())
            return f"{ref} made symbolic"
        loose = [path for path in (case.git_dir / "refs").rglob("*") if path.is_file()]
        if way == "exchange":
            one, other = random_.sample(loose, 2)
            first, second = one.read_bytes(), other.read_bytes()
            self.put(one, second)
            self.put(other, first)
            return f"{self.name(one)} and {self.name(other)} exchanged"
        return self.flip(loose)

    def packed_refs(self):
        commits = self.case.git("rev-list", "--all").decode().split()
        target = self.random.choice(commits)
        extra = [f"{target} {name}\n".encode() for name in
                 ("refs/tags/claude/one", "refs/heads/audit", "refs/tags/claude/new", "refs/heads/claude")]
        return self.lines(self.case.git_dir / "packed-refs", extra)

    def config(self):
        line = self.random.choice((
            b"[gpg \"ssh\"]\n\tallowedSignersFile = /dev/null\n", b"[gpg]\n\tformat = openpgp\n",
            b"[include]\n\tpath = /dev/null\n", b"[core]\n\tlogAllRefUpdates = true\n", b"[core]\n\tbare = false\n",
            b"[core]\n\trepositoryFormatVersion = 7\n", b"[extensions]\n\tworktreeConfig = true\n",
            b"[extensions]\n\tobjectFormat = sha256\n", b"[core]\n\thooksPath = /tmp\n"))
        return self.lines(self.case.git_dir / "config", [line])

    def beside(self):
        """What git would obey and we do not, and projections."""
        case = self.case
        commits = case.git("rev-list", "--all").decode().split()
        one, other = self.random.choice(commits), self.random.choice(commits)
        path, content = self.random.choice((
            ("info/grafts", f"{one} {other}\n"), ("shallow", f"{one}\n"), (f"refs/replace/{one}", f"{other}\n"),
            ("objects/info/alternates", str(case.top / "nothing") + "\n"), ("stravinsky/applied", "1\n"),
            ("stravinsky/applied", "99999\n"), ("stravinsky/format", "2\n"), ("HEAD", f"{one}\n"),
            ("info/attributes", "* -diff\n"), ("../audit/operations.log", "{}\n"), ("../audit/audit.db", "x")))
        self.put(case.git_dir / path, content.encode())
        return f"{path}: {content.strip()}"


def make_history(case):
    """Keys that were replaced and revoked, refs that are packed and others that are not."""
    old = subprocess.run(["ssh-keygen", "-l", "-f", str(case.key)], check=True, capture_output=True,
                         text=True).stdout.split()[1]
    case.run("key", "import", str(case.new_key("work", "tester@new")), "--name", "work")
    case.run("key", "use", str(case.key.parent / "work"))
    case.run("key", "revoke", old)
    case.git("pack-refs", "--all")
    (case.live / "settings.json").write_text("{}\n")
    case.run("snapshot", "--name", "four")
    case.run("rename", "two", "second")
    case.settle()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--kind", help="only this one, such as packed-refs")
    arguments = parser.parse_args()
    count = arguments.count or (ALL if os.environ.get("STRAVINSKY_ALL") == "1" else SAMPLE)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {count} edits")
    random_ = random.Random(seed)
    case = Case(arguments.program)
    failures, found, tried = 0, collections.Counter(), collections.Counter()
    try:
        make_history(case)
        editor = Editor(case, random_)
        before, saved = told(case), case.top / "saved"
        state = [(case.store, saved / "store"), (case.home, saved / "home")]
        for place, copy in state:
            shutil.copytree(place, copy, symlinks=True)
        for number in range(count):
            for place, copy in state:
                shutil.rmtree(place)
                shutil.copytree(copy, place, symlinks=True)
            kind = arguments.kind or list(editor.kinds)[number % len(editor.kinds)]
            tried[kind] += 1
            what = f"{kind}: {editor.kinds[kind]()}"
            status, report = case.verify()
            if status < 0 or status >= 128:
                failures += 1
                print(f"FAIL  {number}: {what}: ended by a signal, {status}")
            elif status != 0 or case.try_run("verify", "--read-data").returncode != 0:
                found[kind] += 1
            elif any(now != then for now, then in zip(told(case), before)):
                failures += 1
                print(f"FAIL  {number}: {what}: neither found nor harmless")
    finally:
        case.close()
    print(", ".join(f"{kind} {found[kind]} of {tried[kind]}" for kind in tried))
    print(f"{found.total()} found, {tried.total() - found.total() - failures} harmless, {failures} missed")
    sys.exit(1 if failures or not found else 0)


if __name__ == "__main__":
    main()
