"""A store with a small chain, and the tools of whoever wants to forge it: git, ssh-keygen, a byte editor."""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile


class Failed(Exception):
    """Something that does not hold."""


def require(condition, text):
    if not condition:
        raise Failed(text)


def run_cases(cases, first=lambda case: None):
    """The `main` of these scripts: runs each function, or those named, on a store of its own, and exits 1 if one
    fails. `first` is asked of every store before."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    failures = 0
    for one in cases:
        if arguments.names and one.__name__ not in arguments.names:
            continue
        case = Case(arguments.program)
        try:
            first(case)
            one(case)
            print(f"ok    {one.__name__}")
        except (Failed, RuntimeError, LookupError, ValueError, OSError, StopIteration, sqlite3.Error,
                subprocess.SubprocessError) as failure:
            failures += 1
            print(f"FAIL  {one.__name__}: {failure!r}")
        finally:
            case.close()
    sys.exit(1 if failures else 0)


def found(case, *wanted, words=(), stdin=None):
    """Wants exit 15 and each (kind, sequence); a sequence None is of no single event."""
    status, report = case.verify(*words, stdin=stdin)
    have = {(p["kind"], p["sequence"]) for p in report["problems"]}
    require(status == 15 and not report["ok"],
            f"exit {status}, found {sorted(map(str, have))} {report.get('said', '')}")
    for problem in wanted:
        require(problem in have, f"{problem} is not among {sorted(map(str, have))}")
    return report


def clean(case, *words, stdin=None):
    status, report = case.verify(*words, stdin=stdin)
    require(status == 0 and report["ok"], f"exit {status}: {report}")
    return report


class Case:
    """A home directory of its own with a store: INIT and three snapshots, a pin. It goes with `close`."""

    def __init__(self, program, snapshots=("one", "two", "three")):
        self.program = str(pathlib.Path(program).resolve())
        self.processes = []  # that end with the case
        self.top = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="stravinsky-audit-")))
        self.home = self.top / "home"
        self.live = self.home / ".claude"
        self.store = self.top / "store"
        self.git_dir = self.store / "store.git"
        self.key = self.home / ".config/stravinsky/keys/id_ed25519"
        self.environment = {
            "HOME": str(self.home), "USER": "tester", "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC",
            "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "STRAVINSKY_STORE": str(self.store),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
        }
        self.live.mkdir(parents=True)
        for name in snapshots:
            (self.live / "settings.json").write_text(f'{{"model": "{name}"}}\n')
            self.run("snapshot", "--name", name)
        if snapshots:
            self.run("pin", snapshots[0])

            self.settle()

    def settle(self):
        """As after the sixteenth event: the refs of all events are durable. Until then a ref that stands where one of
        them found it counts as an interrupted move, which readers make in memory and the next writer on disk."""
        count = len(self.git("rev-list", "refs/heads/audit").split())
        (self.git_dir / "stravinsky/applied").write_text(f"{count}\n")

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()
        shutil.rmtree(self.top, ignore_errors=True)

    # ---- programs ----

    def try_run(self, *words, stdin=None):
        return subprocess.run([self.program, *words], env=self.environment, cwd=self.home, input=stdin,
                              stdin=subprocess.DEVNULL if stdin is None else None, capture_output=True, text=True,
                              timeout=300)

    def run(self, *words, stdin=None):
        ran = self.try_run(*words, stdin=stdin)
        if ran.returncode != 0:
            raise RuntimeError(f"{words}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def verify(self, *words, stdin=None):
        """Exit status and the document of `audit verify`."""
        ran = self.try_run("audit", "verify", "--json", *words, stdin=stdin)
        try:
            return ran.returncode, json.loads(ran.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            return ran.returncode, {"ok": False, "problems": [], "said": ran.stdout + ran.stderr}

    def try_git(self, *words, stdin=None):
        return subprocess.run(["git", "--git-dir", str(self.git_dir), *words], env=self.environment, input=stdin,
                              capture_output=True, timeout=300)

    def git(self, *words, stdin=None):
        ran = self.try_git(*words, stdin=stdin)
        if ran.returncode != 0:
            raise RuntimeError(f"git {words}: {ran.stderr.decode(errors='replace')}")
        return ran.stdout

    def id_of(self, name):
        return self.git("rev-parse", name).decode().strip()

    # ---- commits as bytes ----

    def commit(self, name):
        return self.git("cat-file", "commit", name)

    def events(self):
        """The chain's commit objects, oldest first."""
        ids = self.git("rev-list", "--reverse", "refs/heads/audit").decode().split()
        return [self.commit(one) for one in ids]

    def put(self, kind, content):
        return self.git("hash-object", "-t", kind, "-w", "--stdin", "--literally", stdin=content).decode().strip()

    def point(self, commits):
        """Writes commits as the chain, each with the one before it as its parent; nothing else is changed."""
        parent = None
        for commit in commits:
            parent = self.put("commit", with_parent(commit, parent))
        self.git("update-ref", "refs/heads/audit", parent)

    def sign(self, payload, key=None, namespace="git"):
        """The commit with a signature by the key, as git would have made it."""
        message = self.top / "message"
        message.write_bytes(payload)
        message.with_suffix(".sig").unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(key or self.key), str(message)],
                       check=True, capture_output=True)
        return with_signature(payload, pathlib.Path(str(message) + ".sig").read_text())

    def resign(self, commits, key=None):
        """As whoever has the key would: parents, Previous-SHA256 and signatures all fit."""
        done, parent, digest = [], None, "0" * 64
        for commit in commits:
            payload = with_trailer(with_parent(without_signature(commit), parent), "Previous-SHA256", digest)
            commit = self.sign(payload, key)
            parent = self.put("commit", commit)
            digest = hashlib.sha256(commit).hexdigest()
            done.append(commit)
        self.git("update-ref", "refs/heads/audit", parent)
        return done

    def with_event(self, commit, change):
        """The commit with another event.json, and another tree for that."""
        tree = commit.split(b"\n", 1)[0].split()[1].decode()
        lines = []
        for line in self.git("ls-tree", tree).decode().splitlines():
            meta, name = line.split("\t")
            mode, kind, blob = meta.split()
            if name == "event.json":
                event = json.loads(self.git("cat-file", "blob", blob))
                change(event)
                text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
                blob = self.put("blob", text.encode())
            lines.append(f"{mode} {kind} {blob}\t{name}")
        new = self.git("mktree", stdin=("\n".join(lines) + "\n").encode()).decode().strip()
        return commit.replace(tree.encode(), new.encode(), 1)

    def new_key(self, name, comment="tester@elsewhere"):
        path = self.top / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], check=True)
        return path


def headers_and_message(commit):
    head, message = commit.split(b"\n\n", 1)
    return head.split(b"\n"), message


def joined(headers, message):
    return b"\n".join(headers) + b"\n\n" + message


def with_parent(commit, parent):
    headers, message = headers_and_message(commit)
    kept = [line for line in headers if not line.startswith(b"parent ")]
    if parent:
        kept.insert(1, b"parent " + parent.encode())
    return joined(kept, message)


def without_signature(commit):
    headers, message = headers_and_message(commit)
    kept, inside = [], False
    for line in headers:
        inside = line.startswith(b"gpgsig ") or (inside and line.startswith(b" "))
        if not inside:
            kept.append(line)
    return joined(kept, message)


def with_signature(payload, armour):
    headers, message = headers_and_message(payload)
    header = b"gpgsig " + armour.rstrip("\n").replace("\n", "\n ").encode()
    at = next(i for i, line in enumerate(headers) if line.startswith(b"committer ")) + 1
    return joined(headers[:at] + [header] + headers[at:], message)


def with_signers(case, commit, text):
    """The commit with another list of signers in its tree."""
    tree = commit.split(b"\n", 1)[0].split()[1].decode()
    old = case.id_of(f"{tree}:allowed_signers")
    listing = case.git("ls-tree", tree).decode().replace(old, case.put("blob", text.encode()))
    new = case.git("mktree", stdin=listing.encode()).decode().strip()
    return commit.replace(tree.encode(), new.encode(), 1)


def with_trailer(commit, key, value):
    headers, message = headers_and_message(commit)
    lines = [f"{key}: {value}".encode() if line.startswith(key.encode() + b": ") else line
             for line in message.split(b"\n")]
    return joined(headers, b"\n".join(lines))


def trailer(commit, key):
    for line in commit.split(b"\n"):
        if line.startswith(key.encode() + b": "):
            return line.split(b": ", 1)[1].decode()
    return None
