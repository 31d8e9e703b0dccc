#!/usr/bin/env python3
"""Stores made by an attacker, read by every command.

Each case forges a snapshot with git's own tools (a tree, its metadata and the digests that fit both) or
plants what git would obey. No command may crash, hang, take much memory or touch anything outside the
target; a forged place is named with exit 14 or, when the rest could be restored, 3; the intact
snapshots of the same store come back whole.

  hostile_stores.py --program PATH [--case NAME] [--sanitized]
"""
import argparse
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import zlib

TIMEOUT = 120
MOST_MEMORY_KB = 300_000
FILE, LINK, DIR = "100644", "120000", "40000"
HEX = "0123456789abcdef" * 4
FAKE_TIME = "time=1700000000.000000000"
OWNER = "mode=0644 uid=0 gid=0 uname=root gname=root"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Forge:
    """Writes objects and snapshots that no stravinsky would make."""

    def __init__(self, git_dir):
        self.git_dir = git_dir

    def git(self, *words, stdin=b""):
        return subprocess.run(["git", "--git-dir", self.git_dir, *words], input=stdin, check=True,
                              stdout=subprocess.PIPE).stdout

    def write(self, kind, content):
        """git refuses some of it, so the loose object is ours."""
        whole = f"{kind} {len(content)}\0".encode() + content
        name = hashlib.sha1(whole).hexdigest()
        self.put_loose(name, whole)
        return name

    def put_loose(self, name, whole):
        path = os.path.join(self.git_dir, "objects", name[:2], name[2:])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(zlib.compress(whole, 1))

    def blob(self, content):
        return self.write("blob", content)

    def tree(self, *entries):
        """@param entries  (mode, name, id) in the order given"""
        return self.write("tree", b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(name_of)
                                           for mode, name, name_of in entries))

    def mtree(self, *lines):
        """A `%mtree`: the directory's own line, then what is given. Returns bytes."""
        own = f". type=dir mode=0755 uid=0 gid=0 uname=root gname=root {FAKE_TIME}\n".encode()
        return own + b"".join(line + b"\n" for line in lines)

    def meta(self, mtree, *below):
        return self.tree((FILE, b"%mtree", self.blob(mtree)), *[(DIR, name, tree) for name, tree in below])

    def snapshot(self, name, entries, mtree, below=(), counts=(2, 4), manifest=None, top=None, in_order=True):
        """A snapshot commit whose digests all fit. @param below  (name, meta tree) of sub-directories"""
        ref = f"refs/tags/live/{name}"
        old = self.git("cat-file", "commit", "refs/tags/live/good").decode()
        old_manifest = self.git("cat-file", "blob", "refs/tags/live/good:.stravinsky/snapshot.json")
        manifest = old_manifest if manifest is None else manifest
        own = self.tree((DIR, b"meta", self.meta(mtree, *below)), (FILE, b"snapshot.json", self.blob(manifest)))
        entries = [(DIR, b".stravinsky", own), *entries]
        if in_order:
            entries.sort(key=lambda entry: entry[1] + (b"/" if entry[0] == DIR else b""))
        tree = top or self.tree(*entries)
        header, message = old.split("\n\n", 1)
        kept = [line for line in header.split("\n") if line.startswith(("author ", "committer "))]
        fields = {"Name": name, "Version": name, "Content-SHA256": sha256(mtree),
                  "Manifest-SHA256": sha256(manifest), "Entries": counts[0], "Bytes": counts[1]}
        lines = []
        for line in message.split("\n"):
            key = line.split(":")[0]
            lines.append(f"{key}: {fields[key]}" if key in fields else line)
        commit = self.write("commit", "\n".join([f"tree {tree}", *kept, "", *lines]).encode())
        self.git("update-ref", ref, commit)

    def file_line(self, name, content, extra=""):
        return name + f" type=file {OWNER} size={len(content)} {FAKE_TIME} sha256digest={sha256(content)}{extra}".encode()

    def link_line(self, name, target):
        return name + f" type=link {OWNER} {FAKE_TIME} link={target}".encode()

    def dir_line(self, name, mtree):
        return name + f" type=dir sha256digest={sha256(mtree)}".encode()


# Each case: forge(f, outside) makes the snapshot `evil`; the statuses its checkout may end with.

def named(name, vis=None, escaped=None):
    """A file whose stored name leads elsewhere."""
    def forge(f, outside):
        content = b"evil\n"
        f.snapshot("evil", [(FILE, escaped or name, f.blob(content))],
                   f.mtree(f.file_line(vis or name, content)), counts=(2, 5))
    return forge


def duplicate(f, outside):
    one, two = b"one\n", b"two\n"
    f.snapshot("evil", [(FILE, b"x", f.blob(one)), (FILE, b"x", f.blob(two))],
               f.mtree(f.file_line(b"x", one), f.file_line(b"x", two)), counts=(3, 8))


def unsorted(f, outside):
    content = b"one\n"
    f.snapshot("evil", [(FILE, b"z", f.blob(content)), (FILE, b"a", f.blob(content))],
               f.mtree(f.file_line(b"z", content), f.file_line(b"a", content)), counts=(3, 8), in_order=False)


def link_then_directory(f, outside):
    content = b"evil\n"
    inner = f.mtree(f.file_line(b"planted", content))
    f.snapshot("evil", [(LINK, b"x", f.blob(outside.encode())), (DIR, b"x", f.tree((FILE, b"planted", f.blob(content))))],
               f.mtree(f.link_line(b"x", outside), f.dir_line(b"x", inner)), [(b"x", f.meta(inner))], counts=(4, 5))


def link_in_place_of_directory(f, outside):
    """The tree says link, the metadata directory."""
    content = b"evil\n"
    inner = f.mtree(f.file_line(b"planted", content))
    f.snapshot("evil", [(LINK, b"x", f.blob(outside.encode()))],
               f.mtree(f.dir_line(b"x", inner)), [(b"x", f.meta(inner))], counts=(3, 5))


def hard_link_outside(f, outside):
    content = b"evil\n"
    line = f.file_line(b"x", content, " hardlink=../outside/treasure")
    f.snapshot("evil", [(FILE, b"x", f.blob(content))], f.mtree(line), counts=(2, 5))


def hard_link_through_link(f, outside):
    content = b"evil\n"
    f.snapshot("evil", [(LINK, b"d", f.blob(outside.encode())), (FILE, b"x", f.blob(content))],
               f.mtree(f.link_line(b"d", outside), f.file_line(b"x", content, " hardlink=d/treasure")), counts=(3, 5))


def absurd_size(f, outside):
    content = b"evil\n"
    line = f.file_line(b"x", content).replace(b"size=5 ", b"size=18446744073709551615 ")
    f.snapshot("evil", [(FILE, b"x", f.blob(content))], f.mtree(line), counts=(2, 2**64 - 1))


def size_in_header(f, outside):
    """A loose object that promises 2^62 bytes."""
    whole = b"blob 4611686018427387904\0evil\n"
    name = hashlib.sha1(whole).hexdigest()
    f.put_loose(name, whole)
    f.snapshot("evil", [(FILE, b"x", name)], f.mtree(f.file_line(b"x", b"evil\n")), counts=(2, 5))


def inflates_without_end(f, outside):
    """4 GB of zeros in 4 MB, called five bytes."""
    squeeze = zlib.compressobj(9)
    block = bytes(1 << 24)
    packed = b"".join([squeeze.compress(b"blob 5\0"), *[squeeze.compress(block) for _ in range(256)], squeeze.flush()])
    name = HEX[:40]
    path = os.path.join(f.git_dir, "objects", name[:2], name[2:])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(packed)
    f.snapshot("evil", [(FILE, b"x", name)], f.mtree(f.file_line(b"x", b"evil\n")), counts=(2, 5))


def chunk_bomb(f, outside):
    """2^40 chunks through forty levels of two."""
    piece = bytes(1000)
    node = f.tree((FILE, b"0000000000000000", f.blob(piece)), (FILE, b"00000000000003e8", f.blob(piece)))
    for _ in range(40):
        node = f.tree((DIR, b"0000000000000000", node), (DIR, b"00000000000003e8", node))
    line = f"x type=file {OWNER} size=2000 {FAKE_TIME} sha256digest={HEX} chunks=2".encode()
    f.snapshot("evil", [(DIR, b"x", node)], f.mtree(line), counts=(2, 2000))


def chunk_depth(f, outside):
    node = f.tree((FILE, b"0000000000000000", f.blob(b"evil\n")))
    for _ in range(20_000):
        node = f.tree((DIR, b"0000000000000000", node))
    line = f"x type=file {OWNER} size=5 {FAKE_TIME} sha256digest={sha256(b'evil')} chunks=1".encode()
    f.snapshot("evil", [(DIR, b"x", node)], f.mtree(line), counts=(2, 5))


def directory_bomb(f, content):
    """10^12 directories; the commit says three. @param content  of the file in the innermost, called evil"""
    mtree = f.mtree(f.file_line(b"x", b"evil\n"))
    tree, meta = f.tree((FILE, b"x", f.blob(content))), f.meta(mtree)
    for _ in range(12):
        names = [str(i).encode() for i in range(10)]
        lines = [f.dir_line(name, mtree) for name in names]
        tree, meta = f.tree(*[(DIR, name, tree) for name in names]), f.meta(f.mtree(*lines), *[(name, meta) for name in names])
        mtree = f.mtree(*lines)
    f.snapshot("evil", [(DIR, b"x", tree)], f.mtree(f.dir_line(b"x", mtree)), [(b"x", meta)], counts=(3, 0))


def metadata_missing(f, outside):
    f.snapshot("evil", [(FILE, b"x", f.blob(b"evil\n"))], f.mtree(f.file_line(b"x", b"evil\n")), top=f.tree(
        (FILE, b"x", f.blob(b"evil\n"))))


def metadata_garbage(f, outside):
    f.snapshot("evil", [(FILE, b"x", f.blob(b"evil\n"))], b"\0\xff" * 5000)


def manifest_deep(f, outside):
    f.snapshot("evil", [], f.mtree(), manifest=b"[" * 200_000 + b"]" * 200_000)


def foreign_tree(f, outside):
    """The tree holds a file that the metadata does not know."""
    f.snapshot("evil", [(FILE, b"x", f.blob(b"evil\n"))], f.mtree())


def tag_of_a_blob(f, outside):
    f.git("update-ref", "refs/tags/live/evil", f.blob(b"no commit\n"))


def annotated_tag(f, outside):
    good = f.git("rev-parse", "refs/tags/live/good").decode().strip()
    tag = f.write("tag", f"object {good}\ntype commit\ntag evil\ntagger a <a@b> 1 +0000\n\nx\n".encode())
    f.git("update-ref", "refs/tags/live/evil", tag)


FORGED = {
    "name ..": named(b".."), "name .": named(b"."), "name with a slash": named(b"../outside/planted", b"../outside/planted"),
    "name absolute": named(b"/tmp/planted"), "name empty": named(b""), "name .git": named(b".git"),
    "name escaped ..": named(b"..", b"..", b"%2E."), "name vis slash": named(b"x", b"..\\057outside\\057planted"),
    "name escaped slash": named(b"x", b"..\\057planted", b"%2E.%2Fplanted"),
    "name with NUL in vis": named(b"x", b"x\\000y"),
    "duplicate": duplicate, "unsorted": unsorted, "link, then directory": link_then_directory,
    "link in place of a directory": link_in_place_of_directory, "hard link outside": hard_link_outside,
    "hard link through a link": hard_link_through_link, "absurd size": absurd_size, "size in the header": size_in_header,
    "inflates without end": inflates_without_end, "chunk bomb": chunk_bomb, "chunk depth": chunk_depth,
    "metadata missing": metadata_missing, "metadata garbage": metadata_garbage, "manifest deep": manifest_deep,
    "foreign tree": foreign_tree, "tag of a blob": tag_of_a_blob, "annotated tag": annotated_tag,
}

# Nothing that a checkout reads is wrong with them: a link that leads outside is restored as a link, a
# hard link to what the snapshot does not hold as a file of its own, and the manifest is not needed.
READ_AS_THEY_ARE = {"hard link through a link", "manifest deep"}


# Planted beside the objects. Each returns what must become of `verify`.

def alternates(f, outside):
    with open(os.path.join(f.git_dir, "objects", "info", "alternates"), "w") as file:
        file.write(os.path.join(outside, "objects") + "\n")


def grafts(f, outside):
    good = f.git("rev-parse", "refs/tags/live/good").decode().strip()
    audit = f.git("rev-parse", "refs/heads/audit").decode().strip()
    with open(os.path.join(f.git_dir, "info", "grafts"), "w") as file:
        file.write(f"{audit} {good}\n")


def replace_ref(f, outside):
    good = f.git("rev-parse", "refs/tags/live/good").decode().strip()
    audit = f.git("rev-parse", "refs/heads/audit").decode().strip()
    f.git("update-ref", f"refs/replace/{good}", audit)


def bad_head(f, outside):
    with open(os.path.join(f.git_dir, "HEAD"), "w") as file:
        file.write("garbage\n")


def settings_lost(f, outside):
    f.git("config", "gc.auto", "6700")
    f.git("config", "extensions.preciousObjects", "false")


def config_garbage(f, outside):
    with open(os.path.join(f.git_dir, "config"), "wb") as file:
        file.write(b"[core\n\0\xff")


def write_ref(name, content):
    def plant(f, outside):
        path = os.path.join(f.git_dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(content)
    return plant


def packed_line(f, outside):
    f.git("pack-refs", "--all")
    with open(os.path.join(f.git_dir, "packed-refs"), "a") as file:
        file.write("not a ref\n")


def moved_away(name):
    """A directory of the store that is elsewhere now, where a careless writer would follow."""
    def plant(f, outside):
        path = os.path.join(f.git_dir, name)
        away = os.path.join(f.git_dir, "..", "away")
        os.rename(path, away)
        os.symlink(away, path)
    return plant


def hook(f, outside):
    path = os.path.join(f.git_dir, "hooks", "post-update")
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\ntouch '{outside}/ran'\n")
    os.chmod(path, 0o755)


def program_in_config(f, outside):
    f.git("config", "core.fsmonitor", f"touch '{outside}/ran'; false")


def attributes_lost(f, outside):
    os.unlink(os.path.join(f.git_dir, "info", "attributes"))


PLANTED = {"alternates": alternates, "grafts": grafts, "replace ref": replace_ref, "HEAD damaged": bad_head,
           "settings lost": settings_lost, "config damaged": config_garbage,
           "tag damaged": write_ref("refs/tags/live/bad", "garbage\n"),
           "tag far too long": write_ref("refs/tags/live/bad", "a" * 100_000),
           "HEAD far too long": write_ref("HEAD", "a" * 100_000),
           "attributes far too long": write_ref("info/attributes", "#" * 100_000),
           "stray ref": write_ref("refs/heads/stray/one", ""),
           "audit ref damaged": write_ref("refs/heads/audit", "garbage\n"),
           "packed-refs damaged": packed_line,
           "tags elsewhere": moved_away("refs/tags/live"),
           "objects elsewhere": moved_away("objects"), "packs elsewhere": moved_away("objects/pack"),
           "refs elsewhere": moved_away("refs"), "state elsewhere": moved_away("stravinsky"),
           "hook": hook, "program in the config": program_in_config, "attributes lost": attributes_lost}
# Nothing is read while git, or we, would read or write elsewhere.
REFUSED_WHOLE = {"alternates", "objects elsewhere", "packs elsewhere", "refs elsewhere", "state elsewhere"}
# What the next snapshot must not go over.
REFUSED_TO_WRITERS = REFUSED_WHOLE | {"tag damaged", "tag far too long", "stray ref", "audit ref damaged",
                                      "packed-refs damaged", "tags elsewhere"}


class Judge:
    def __init__(self, program, sanitized):
        self.program, self.sanitized = os.path.abspath(program), sanitized
        self.base = tempfile.mkdtemp(prefix="stravinsky-hostile-")
        self.failures = self.checks = 0
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("STRAVINSKY", "XDG_", "GIT_"))}
        self.environment.update(HOME=os.path.join(self.base, "home"), USER="tester", GIT_CONFIG_GLOBAL="/dev/null")
        self.live = os.path.join(self.base, "live")
        self.outside = os.path.join(self.base, "outside")
        self.target = os.path.join(self.base, "target")
        for path in ("home", "live/dir", "outside/objects"):
            os.makedirs(os.path.join(self.base, path))
        for path, content in (("live/a.txt", "a\n"), ("live/dir/b.txt", "b\n"), ("outside/treasure", "mine\n")):
            with open(os.path.join(self.base, path), "w") as file:
                file.write(content)
        self.made = os.path.join(self.base, "made")
        status, said = self.run(self.made, "snapshot", self.live, "--name", "good")
        assert status == 0, said

    def run(self, store, *words):
        def limits():
            if not self.sanitized:
                resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_KB * 1024,) * 2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200 << 20,) * 2)
        try:
            result = subprocess.run([self.program, "-s", store, "-P", "live", *words], env=self.environment, cwd=self.base,
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, preexec_fn=limits)
        except subprocess.TimeoutExpired:
            return None, "it hangs"
        return result.returncode, (result.stdout + result.stderr).decode(errors="replace")

    def expect(self, what, allowed, store, *words):
        self.checks += 1
        status, said = self.run(store, *words)
        if status not in allowed:
            self.fail(f"{what}: `{' '.join(words)}` ends with {status}, not {sorted(allowed)}: {said[:800]}")
        return said

    def fail(self, text):
        self.failures += 1
        print("FAIL " + text)

    def world(self):
        """What must not change: everything in the base but store and target."""
        seen = {}
        for top in ("live", "outside", "home"):
            for directory, names, files in os.walk(os.path.join(self.base, top)):
                for name in names + files:
                    path = os.path.join(directory, name)
                    seen[path] = (os.lstat(path).st_mode, os.lstat(path).st_nlink,
                                  open(path, "rb").read() if os.path.isfile(path) and not os.path.islink(path) else None)
        return seen, sorted(os.listdir(self.base))

    def fresh(self):
        store = os.path.join(self.base, "store")
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(self.made, store)
        return store, Forge(os.path.join(store, "store.git"))

    def good_comes_back(self, what, store):
        shutil.rmtree(self.target, ignore_errors=True)
        self.expect(what, {0}, store, "checkout", "good", "--to", self.target)
        compared = subprocess.run(["diff", "-r", self.live, self.target], capture_output=True)
        if compared.returncode != 0:
            self.fail(f"{what}: the good snapshot came back different: {compared.stdout.decode()}")
        shutil.rmtree(self.target, ignore_errors=True)

    def judge_forged(self, what, forge):
        store, f = self.fresh()
        forge(f, self.outside)
        before = self.world()
        any_answer = {0, 2, 3, 13, 14, 15}
        for words in (["list"], ["list", "--json"], ["show", "evil", "--files"], ["show", "evil", "--json"],
                      ["ls", "evil", "-R"], ["ls", "evil", "x", "-l"], ["cat", "evil:x"], ["find", "x*"], ["log", "x"],
                      ["diff", "good", "evil", "-p"], ["diff", "evil", "good", "--stat"], ["diff", "evil"],
                      ["dump", "evil", "-o", os.path.join(self.base, "target.tar")],
                      ["checkout", "evil", "x", "--to", self.target]):
            self.expect(what, any_answer, store, *words)
            shutil.rmtree(self.target, ignore_errors=True)
            if os.path.exists(os.path.join(self.base, "target.tar")):
                os.unlink(os.path.join(self.base, "target.tar"))
        allowed = {0, 3, 14} if what in READ_AS_THEY_ARE else {3, 14}
        said = self.expect(what, allowed, store, "checkout", "evil", "--to", self.target)
        if "fix:" not in said and what not in READ_AS_THEY_ARE:
            self.fail(f"{what}: checkout says nothing to type next: {said[:600]}")
        if what not in READ_AS_THEY_ARE and not re.search(r"'x\b|\bx\b[/:']|[0-9a-f]{40}", said):
            self.fail(f"{what}: checkout names neither a path nor an object: {said[:600]}")
        shutil.rmtree(self.target, ignore_errors=True)
        self.expect(what, {14}, store, "verify", "--read-data")
        self.good_comes_back(what, store)
        self.unchanged(what, before)
        # The next snapshot is none of the attacker's business.
        self.expect(what, {0}, store, "snapshot", self.live, "--name", "next")

    def judge_directory_bombs(self):
        """They may be listed or restored as far as it goes; verify tells, without walking them."""
        for what, content in (("whole", b"evil\n"), ("damaged", b"good\n")):
            store, f = self.fresh()
            directory_bomb(f, content)
            self.expect(f"directory bomb, {what}", {14}, store, "verify", "--read-data")
            self.good_comes_back(f"directory bomb, {what}", store)

    def judge_planted(self, what, plant):
        store, f = self.fresh()
        plant(f, self.outside)
        before = self.world()
        self.expect(what, {14}, store, "verify")
        if what in REFUSED_WHOLE:
            said = self.expect(what, {14}, store, "checkout", "good", "--to", self.target)
            if "fix:" not in said:
                self.fail(f"{what}: nothing to type next: {said}")
        else:
            self.good_comes_back(what, store)
        self.unchanged(what, before)
        outside = self.files_below(self.outside, os.path.join(store, "away"))
        refused = what in REFUSED_TO_WRITERS
        said = self.expect(what, {14} if refused else {0}, store, "snapshot", self.live, "--name", "next")
        if refused and "fix:" not in said:
            self.fail(f"{what}: the snapshot says nothing to type next: {said}")
        if self.files_below(self.outside, os.path.join(store, "away")) != outside:
            self.fail(f"{what}: the snapshot made something outside the store")

    def files_below(self, *tops):
        return sorted(os.path.join(directory, name) for top in tops
                      for directory, _, files in os.walk(top) for name in files)

    def unchanged(self, what, before):
        if self.world() != before:
            self.fail(f"{what}: something outside the target changed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--case")
    parser.add_argument("--sanitized", action="store_true", help="its shadow memory would break the limit")
    options = parser.parse_args()
    judge = Judge(options.program, options.sanitized)
    cases = 0
    try:
        for name, forge in FORGED.items():
            if options.case in (None, name):
                judge.judge_forged(name, forge)
                cases += 1
        if options.case in (None, "directory bomb"):
            judge.judge_directory_bombs()
            cases += 2
        for name, plant in PLANTED.items():
            if options.case in (None, name):
                judge.judge_planted(name, plant)
                cases += 1
    finally:
        shutil.rmtree(judge.base, ignore_errors=True)
    print(f"{cases} hostile stores, {judge.checks} commands, {judge.failures} failures")
    return 1 if judge.failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
