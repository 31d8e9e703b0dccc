#!/usr/bin/env python3
"""Checks snapshots from docs/format.md alone: git, Python's standard library and that page.

  recompute.py GIT_DIR [REF...]            recomputes every digest of each snapshot
                                           (default: all of refs/tags); exit 1 on any finding
  recompute.py GIT_DIR --attributes REF    prints what a snapshot holds, a line for each path
  recompute.py --live DIR                  prints the same for a live directory

The last two can be diffed: `path type= mode= uid= gid= time= size= sha256= link= hardlink= device=
flags= xattr.<name>=`, paths bytewise, names of users and storage details left out.
"""

import argparse
import base64
import binascii
import fcntl
import hashlib
import json
import os
import re
import stat
import struct
import subprocess
import sys

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
FILE, EXECUTABLE, SYMLINK, TREE = 0o100644, 0o100755, 0o120000, 0o040000
MAX_DEPTH, MAX_CHUNK, MAX_PARTS = 65536, 4 << 20, 1000000


class Finding(Exception):
    """One thing that is not as the page says."""


def require(condition, text):
    if not condition:
        raise Finding(text)


# ---- git: objects by `git cat-file --batch`, refs by name ------------------------------------


class Repository:
    def __init__(self, git_dir):
        environment = dict(os.environ, GIT_NO_REPLACE_OBJECTS="1", GIT_GRAFT_FILE=os.devnull)
        self.command = ["git", "--git-dir", git_dir]
        self.environment = environment
        self.batch = subprocess.Popen(self.command + ["cat-file", "--batch"], env=environment,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.batch.communicate()

    def tags(self):
        listed = subprocess.run(self.command + ["for-each-ref", "--format=%(refname)", "refs/tags"],
                                env=self.environment, stdout=subprocess.PIPE, check=True)
        return listed.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]

    def read(self, name, expected):
        self.batch.stdin.write(os.fsencode(name) + b"\n")
        self.batch.stdin.flush()
        head = self.batch.stdout.readline().rsplit(b" ", 2)
        if len(head) != 3 or not head[2].strip().isdigit():
            raise Finding(f"git has no object {name}")
        size = int(head[2])
        content = self.batch.stdout.read(size)
        require(len(content) == size and self.batch.stdout.read(1) == b"\n",
                f"git ends within object {name}")
        require(head[1] == expected, f"object {name} is a {head[1].decode()}")
        return content

    def tree(self, object_id):
        content, at, entries = self.read(object_id, b"tree"), 0, {}
        while at < len(content):
            space, zero = content.find(b" ", at), content.find(b"\0", at)
            require(at < space < zero and zero + 21 <= len(content), f"tree {object_id} is cut")
            mode, name = int(content[at:space], 8), content[space + 1:zero]
            require(mode in (FILE, EXECUTABLE, SYMLINK, TREE), f"mode {mode:o} in {object_id}")
            require(name not in entries, f"tree {object_id} has {vis(name)} twice")
            entries[name] = (mode, content[zero + 1:zero + 21].hex())
            at = zero + 21
        return entries


# ---- names in git trees (section 5, "Escaping") ----------------------------------------------

IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070),
                         0xFEFF])
FOLDED = {0x017F: "s", 0x212A: "k", **{upper: chr(upper + 32) for upper in range(0x41, 0x5B)}}


def ntfs_pattern(name, hashed):
    fallback = [hashed[:i] + b"~[1-9]" + b"[0-9]{%d}" % (6 - i) for i in range(7)]
    forms = [b"\\." + name, name[:6] + b"~[1-4]", *fallback]
    return re.compile(b"(" + b"|".join(forms) + b")[. ]*(:.*)?", re.IGNORECASE | re.DOTALL)


NTFS = {
    b"git": re.compile(rb"(\.git|git~1)[. ]*([:\\].*)?", re.IGNORECASE | re.DOTALL),
    b"gitmodules": ntfs_pattern(b"gitmodules", b"gi7eba"),
    b"gitattributes": ntfs_pattern(b"gitattributes", b"gi7d29"),
    b"gitignore": ntfs_pattern(b"gitignore", b"gi250a"),
    b"mailmap": ntfs_pattern(b"mailmap", b"maba30"),
}


def hfs_form(name):
    try:
        text = name.decode()
    except UnicodeDecodeError as error:
        text = name[:error.start].decode()
    text = re.split("[\ufffe\uffff]", text)[0]
    return text.translate(IGNORED).translate(FOLDED)


def needs_escape(name, symlink, at_top):
    if name[:1] == b"%" or (at_top and name == b".stravinsky"):
        return True
    targets = list(NTFS) if symlink else list(NTFS)[:3]
    parts = name.split(b"\\")
    for tail in (b"\\".join(parts[i:]) for i in range(len(parts))):
        on_hfs = hfs_form(tail)
        for target in targets:
            if on_hfs == "." + target.decode() or NTFS[target].fullmatch(tail):
                return True
    return False


def stored_name(name, symlink, at_top):
    if not needs_escape(name, symlink, at_top):
        return name
    rest = re.sub(rb"[\\%]", lambda match: b"%%%02X" % match[0][0], name[1:])
    return b"%%%02X" % name[0] + rest


# ---- metadata text (section 6) ----------------------------------------------------------------


def vis(raw):
    return re.sub(rb"[^!-~]|[\\#=]", lambda match: b"\\%03o" % match[0][0], raw).decode()


def unvis(text):
    raw = re.sub(rb"\\([0-3][0-7][0-7])", lambda match: bytes([int(match[1], 8)]), text)
    require(vis(raw).encode() == text, f"{text!r} is not encoded as the page says")
    return raw


def matches(pattern):
    compiled = re.compile(pattern)

    def check(text):
        require(compiled.fullmatch(text), f"the value {text!r} is not as the page says")
        return text.decode()
    return check


def number(bits):
    decimal = matches(rb"0|[1-9][0-9]{0,19}")

    def check(text):
        value = int(decimal(text))
        require(value < 1 << bits, f"{value} is out of range")
        return value
    return check


def read_time(text):
    matches(rb"(0|-?[1-9][0-9]{0,18})\.[0-9]{9}")(text)
    require(-1 << 63 <= int(text.split(b".")[0]) < 1 << 63, f"time {text!r} is out of range")
    return text.decode()


def read_device(text):
    matches(rb"linux,(0|[1-9][0-9]*),(0|[1-9][0-9]*)")(text)
    require(all(int(part) < 1 << 32 for part in text.split(b",")[1:]), "device out of range")
    return text.decode()


def read_some_name(text):
    require(text, "an empty value")
    return unvis(text)


def is_file_name(name):
    return name not in (b"", b".", b"..") and b"/" not in name and b"\0" not in name


def read_path(text):
    path = unvis(text)
    require(all(is_file_name(part) for part in path.split(b"/")), f"no entry has the path {text!r}")
    return path


FLAGS = {"append": 0x20, "compress": 0x4, "dirsync": 0x10000, "immutable": 0x10, "noatime": 0x80,
         "nocow": 0x800000, "nodump": 0x40, "sync": 0x8}


def read_flags(text):
    words = text.decode("latin-1").split(",")
    require(words == [word for word in FLAGS if word in words], f"flags {text!r}")
    return words


def read_base64(text):
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        value = None
    require(value is not None and base64.b64encode(value) == text, f"{text!r} is not base64")
    return value


NOT_DIR = {"file", "link", "fifo", "socket", "char", "block"}
ALL = NOT_DIR | {"dir"}
# keyword: (value, types that must have it, types that may)
KEYWORDS = {
    "mode": (matches(rb"[0-7]{4}"), ALL, ALL),
    "uid": (number(32), ALL, ALL),
    "gid": (number(32), ALL, ALL),
    "uname": (read_some_name, set(), ALL),
    "gname": (read_some_name, set(), ALL),
    "size": (number(64), {"file"}, {"file"}),
    "time": (read_time, NOT_DIR, ALL),
    "link": (unvis, {"link"}, {"link"}),
    "sha256digest": (matches(rb"[0-9a-f]{64}"), {"file"}, {"file"}),
    "chunks": (number(64), set(), {"file"}),
    "sparse": (None, set(), {"file"}),
    "hardlink": (read_path, set(), NOT_DIR),
    "device": (read_device, {"char", "block"}, {"char", "block"}),
    "flags": (read_flags, set(), ALL),
}


def read_line(line, first):
    words = line.split(b" ")
    entry = {"name": words[0] if first else unvis(words[0]), "xattrs": {}}
    require(entry["name"] == b"." if first else is_file_name(entry["name"]), f"name {words[0]!r}")
    require(len(words) > 1 and words[1][:5] == b"type=", "the type does not come first")
    kind = entry["type"] = words[1][5:].decode("latin-1")
    require(kind in (ALL if not first else {"dir"}), f"type {kind!r}")
    if first and len(words) == 2:
        return entry
    if kind == "dir" and not first:
        require(len(words) == 3 and words[2][:13] == b"sha256digest=", "a sub-directory's line")
        entry["sha256digest"] = KEYWORDS["sha256digest"][0](words[2][13:])
        return entry
    order = list(KEYWORDS)
    last = -1
    for word in words[2:]:
        key, equals, value = word.partition(b"=")
        if key[:6] == b"xattr.":
            name = read_some_name(key[6:])
            require(equals and not b"\0" in name, "an attribute's name")
            require(not entry["xattrs"] or max(entry["xattrs"]) < name, "attributes not sorted")
            entry["xattrs"][name] = read_base64(value)
            continue
        key = key.decode("latin-1")
        require(key in KEYWORDS and not entry["xattrs"], f"{key!r} is unknown or out of place")
        reader, _, allowed = KEYWORDS[key]
        require(order.index(key) > last and kind in allowed, f"{key!r} is out of place")
        require(bool(equals) == (reader is not None), f"{key!r} and its value")
        last = order.index(key)
        entry[key] = reader(value) if reader else True
    for key, (_, needed, _) in KEYWORDS.items():
        require(kind not in needed or key in entry, f"{key!r} is missing")
    require(entry.get("chunks") != 0, "a chunk tree without chunks")
    return entry


def read_metadata(text):
    require(text[-1:] == b"\n", "the metadata is cut")
    lines = text[:-1].split(b"\n")
    entries = [read_line(line, i == 0) for i, line in enumerate(lines)]
    names = [entry["name"] for entry in entries[1:]]
    require(all(a < b for a, b in zip(names, names[1:])), "entries are not sorted by name")
    return entries[0], entries[1:]


def part_starts(text, entries):
    """Where the parts of a large directory's text begin."""
    starts, at, lines = [0], text.index(b"\n") + 1, text.split(b"\n")[1:-1]
    for entry, line in zip(entries, lines):
        at += len(line) + 1
        hashed = int.from_bytes(hashlib.sha256(entry["name"]).digest()[:8], "big")
        if hashed % 1024 == 0 and at < len(text) and len(starts) < MAX_PARTS:
            starts.append(at)
    return starts


# ---- a snapshot ---------------------------------------------------------------------------------


def render(path):
    """A path is (parent, name), so that deep trees cost no more than their entries."""
    parts = []
    while path:
        parts.append(path[1])
        path = path[0]
    return b"/".join(reversed(parts)) or b"."


class Walk:
    """Visits every directory of a snapshot; `visit(path, entry)` sees every entry."""

    def __init__(self, repository, report, visit=None, contents=True, verified=None):
        self.repository, self.report, self.visit = repository, report, visit
        self.contents, self.verified = contents, set() if verified is None else verified
        self.entries = self.bytes = 0
        self.children, self.links = {}, []

    def run(self, tree, meta, digest):
        stack = [(None, 0, 0, tree, meta, digest)]
        keys = 0
        while stack:
            path, depth, key, tree, meta, digest = stack.pop()
            try:
                require(depth <= MAX_DEPTH, "the tree is too deep")
                found, subdirectories = self.directory(path, tree, meta, digest)
            except Finding as finding:
                self.report(path, finding)
                continue
            except (ValueError, KeyError, IndexError) as error:
                self.report(path, f"cannot be read: {error!r}")
                continue
            for entry in found:
                self.children[key, entry["name"]] = [None, entry]
                if "hardlink" in entry:
                    self.links.append(((path, entry["name"]), entry))
            for name, place in subdirectories:
                keys += 1
                self.children[key, name][0] = keys
                stack.append(((path, name), depth + 1, keys, *place))
        for path, entry in self.links:
            try:
                self.hard_link(path, entry)
            except Finding as finding:
                self.report(path, finding)

    def directory(self, path, tree, meta, digest):
        top = path is None
        meta_tree = self.repository.tree(meta)
        content = {} if tree == EMPTY_TREE else self.repository.tree(tree)
        if top:
            content.pop(b".stravinsky", None)
        text, starts = self.metadata_text(meta_tree.pop(b"%mtree", None))
        require(hashlib.sha256(text).hexdigest() == digest, "the metadata has another SHA-256")
        own, entries = read_metadata(text)
        require((starts is not None) == (len(entries) > 4096), "metadata in parts, or whole")
        require(starts is None or starts == part_starts(text, entries), "parts cut elsewhere")
        made_up = "mode" not in own
        require(top or not made_up, "a directory without attributes below the top")
        self.entries += 0 if made_up else len(entries)
        if self.visit:
            self.visit(path, own)
        subdirectories = []
        for entry in entries:
            place = self.entry(path, entry, content, meta_tree)
            if place:
                subdirectories.append((entry["name"], place))
        for name in (*content, *meta_tree):
            self.report((path, name), "is stored, but the metadata knows nothing of it")
        return entries, subdirectories

    def metadata_text(self, found):
        require(found is not None and found[0] in (FILE, TREE), "there is no metadata")
        mode, object_id = found
        if mode == FILE:
            return self.repository.read(object_id, b"blob"), None
        parts = self.repository.tree(object_id)
        names = [b"%06d" % i for i in range(len(parts))]
        require(sorted(parts) == names and parts, "parts have other names")
        text, starts = [], []
        size = 0
        for name in names:
            require(parts[name][0] == FILE, "a part is no file")
            starts.append(size)
            text.append(self.repository.read(parts[name][1], b"blob"))
            size += len(text[-1])
            require(size <= 2 << 30, "more than 2 GiB of metadata")
        return b"".join(text), starts

    def entry(self, path, entry, content, meta_tree):
        here = (path, entry["name"])
        kind = entry["type"]
        name = stored_name(entry["name"], kind == "link", path is None)
        if kind != "dir" and self.visit:
            self.visit(here, entry)
        if kind in ("fifo", "socket", "char", "block"):
            return None
        mode, object_id = content.pop(name, (None, None))
        expected = {"dir": TREE, "link": SYMLINK}.get(kind)
        if kind == "file":
            self.bytes += entry["size"]
            executable = int(entry["mode"], 8) & 0o100
            expected = TREE if "chunks" in entry else EXECUTABLE if executable else FILE
        if kind == "dir":
            if mode is None:
                mode, object_id = TREE, EMPTY_TREE
            else:
                require(object_id != EMPTY_TREE, f"{vis(name)} is an empty tree in the content")
            meta_mode, meta = meta_tree.pop(name, (None, None))
            require(meta_mode == TREE, f"{vis(name)} has no metadata")
        if mode != expected:
            self.report(here, "its content is missing" if mode is None else
                        f"its mode in the tree is {mode:o} and not {expected:o}")
            return None
        if kind == "dir":
            return object_id, meta, entry["sha256digest"]
        try:
            self.content(entry, object_id)
        except Finding as finding:
            self.report(here, finding)
        return None

    def content(self, entry, object_id):
        if entry["type"] == "link":
            target = self.repository.read(object_id, b"blob")
            require(target == entry["link"], "the blob holds another target")
            return
        if not self.contents:
            return
        known = (object_id, entry["size"], entry["sha256digest"], entry.get("chunks", 0))
        if known in self.verified:
            return
        hasher, size = hashlib.sha256(), 0
        for piece in self.pieces(entry, object_id):
            hasher.update(piece)
            size += len(piece)
        require(size == entry["size"], f"it has {size} bytes and not {entry['size']}")
        require(hasher.hexdigest() == entry["sha256digest"], "it has another SHA-256")
        self.verified.add(known)

    def pieces(self, entry, object_id):
        if "chunks" not in entry:
            yield self.repository.read(object_id, b"blob")
            return
        top = self.repository.tree(object_id)
        fanned = any(mode == TREE for mode, _ in top.values())
        groups = [self.repository.tree(top[name][1]) if fanned else top
                  for name in (sorted(top) if fanned else [None])]
        require(not fanned or len(groups) > 1 and all(mode == TREE for mode, _ in top.values()),
                "the top of the chunk tree has another shape")
        offset = count = 0
        for i, group in enumerate(groups):
            require(0 < len(group) <= 4096 and (len(group) == 4096 or i + 1 == len(groups)),
                    "a tree of chunks has another size")
            if fanned:
                require(sorted(top)[i] == b"%016x" % offset, "a tree of chunks has another name")
            for name in sorted(group):
                mode, chunk_id = group[name]
                require(mode == FILE and name == b"%016x" % offset, f"chunk {vis(name)}")
                chunk = self.repository.read(chunk_id, b"blob")
                require(0 < len(chunk) <= MAX_CHUNK, f"chunk {vis(name)} has another size")
                yield chunk
                offset += len(chunk)
                count += 1
        require(count == entry["chunks"], f"it has {count} chunks and not {entry['chunks']}")

    def hard_link(self, path, entry):
        require(entry["hardlink"] < render(path), "the group's first member does not come first")
        key, first = 0, None
        for name in entry["hardlink"].split(b"/"):
            key, first = self.children.get((key, name), (None, None))
        require(first is not None, f"the group's first member {vis(entry['hardlink'])} is missing")
        own = ("name", "hardlink", "sparse")
        require("hardlink" not in first and
                {k: v for k, v in entry.items() if k not in own} ==
                {k: v for k, v in first.items() if k not in own},
                f"it differs from {vis(entry['hardlink'])}, the first of its group")


def read_commit(repository, name):
    head, _, message = repository.read(name, b"commit").partition(b"\n\n")
    headers = [line.split(b" ", 1)[0] for line in head.split(b"\n") if line[:1] != b" "]
    require(headers in ([b"tree", b"author", b"committer"],
                        [b"tree", b"author", b"committer", b"gpgsig"]), f"headers {headers}")
    trailers = {}
    for line in message.rstrip(b"\n").rsplit(b"\n\n", 1)[-1].split(b"\n"):
        key, colon, value = line.partition(b": ")
        require(colon, f"the last paragraph is no trailers: {line!r}")
        trailers.setdefault(key.decode("latin-1"), value.decode("utf-8", "replace"))
    return head[5:45].decode(), trailers


def open_snapshot(repository, name):
    """Where the content and the metadata are, the trailers, and snapshot.json's bytes."""
    tree, trailers = read_commit(repository, name)
    mode, reserved = repository.tree(tree).get(b".stravinsky", (None, None))
    require(mode == TREE, "there is no directory .stravinsky")
    entries = repository.tree(reserved)
    require(entries.keys() == {b"snapshot.json", b"meta"} and entries[b"meta"][0] == TREE and
            entries[b"snapshot.json"][0] == FILE, ".stravinsky holds something else")
    for key in ("Content-SHA256", "Manifest-SHA256", "Entries", "Bytes", "Losses"):
        require(key in trailers, f"the trailer {key} is missing")
    manifest = repository.read(entries[b"snapshot.json"][1], b"blob")
    return tree, entries[b"meta"][1], trailers, manifest


def check(repository, name, verified):
    """What a snapshot is that the format does not say, and how many entries it has.

    @param verified  directories found sound, of this and earlier calls
    """
    findings = []

    def report(path, text):
        findings.append(f"{name}: {vis(render(path))}: {text}")

    walk = Walk(repository, report, verified=verified)
    try:
        tree, meta, trailers, manifest = open_snapshot(repository, name)
        if hashlib.sha256(manifest).hexdigest() != trailers["Manifest-SHA256"]:
            report(None, "snapshot.json has another SHA-256 than the trailer tells")
        walk.run(tree, meta, trailers["Content-SHA256"])
        members = json.loads(manifest)
        require(members.get("format") == 1, "snapshot.json has another format")
        told = {"Entries": walk.entries, "Bytes": walk.bytes, "Losses": len(members["losses"])}
        for key, value in told.items():
            if trailers[key] != str(value):
                report(None, f"the trailer {key} tells {trailers[key]} and not {value}")
        for key in ("entries", "bytes"):
            if key in members and members[key] != told[key.capitalize()]:
                report(None, f"snapshot.json tells of {members[key]} {key}")
    except Finding as finding:
        report(None, finding)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        report(None, f"cannot be read: {error!r}")
    return findings, walk.entries


def check_tags(git_dir):
    """Findings of every snapshot in a store."""
    verified = set()
    with Repository(git_dir) as repository:
        return [finding for name in repository.tags() for finding in check(repository, name, verified)[0]]


# ---- attributes, of a snapshot and of a live directory --------------------------------------------


def attribute_line(path, entry):
    words = [vis(path), f"type={entry['type']}"]
    for key, label in (("mode", "mode"), ("uid", "uid"), ("gid", "gid"), ("time", "time"),
                       ("size", "size"), ("sha256digest", "sha256"), ("link", "link"),
                       ("hardlink", "hardlink"), ("device", "device"), ("flags", "flags")):
        value = entry.get(key)
        if value is None or value == []:
            continue
        if isinstance(value, bytes):
            value = vis(value)
        words.append(f"{label}={','.join(value) if isinstance(value, list) else value}")
    for name in sorted(entry["xattrs"]):
        words.append(f"xattr.{vis(name)}={base64.b64encode(entry['xattrs'][name]).decode()}")
    return " ".join(words)


def print_attributes(entries):
    for path, entry in sorted(entries, key=lambda pair: b"" if pair[0] == b"." else pair[0]):
        print(attribute_line(path, entry))


def attributes_of_snapshot(repository, name):
    failed, entries = [], []
    walk = Walk(repository, lambda path, text: failed.append(f"{vis(render(path))}: {text}"),
                visit=lambda path, entry: entries.append((render(path), entry)), contents=False)
    tree, meta, trailers, _ = open_snapshot(repository, name)
    walk.run(tree, meta, trailers["Content-SHA256"])
    print_attributes(entries)
    for line in failed:
        print(f"{name}: {line}", file=sys.stderr)
    return not failed


FS_IOC_GETFLAGS = 0x80086601
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFCHR: "char", stat.S_IFBLK: "block"}


def live_flags(descriptor):
    try:
        answer = fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, struct.pack("l", 0))
    except OSError:
        return []
    value = struct.unpack("l", answer)[0]
    return [word for word, bit in FLAGS.items() if value & bit]


def live_xattrs(place):
    try:
        names = os.listxattr(place, follow_symlinks=False)
    except OSError:
        return {}
    return {os.fsencode(name): os.getxattr(place, name, follow_symlinks=False) for name in names}


def live_entry(parent, name):
    """An entry by its parent's descriptor: no path is ever longer than a name."""
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    seconds, nanoseconds = divmod(status.st_mtime_ns, 10**9)
    entry = {"type": kind, "mode": f"{stat.S_IMODE(status.st_mode):04o}", "uid": status.st_uid,
             "gid": status.st_gid, "time": f"{seconds}.{nanoseconds:09}",
             "xattrs": live_xattrs(b"/proc/self/fd/%d/" % parent + name), "status": status}
    if kind == "link":
        entry["link"] = os.readlink(name, dir_fd=parent)
    if kind in ("char", "block"):
        device = status.st_rdev
        entry["device"] = f"linux,{os.major(device)},{os.minor(device)}"
    if kind == "file":
        entry["size"] = status.st_size
    if kind in ("file", "dir"):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=parent)
        except PermissionError:
            return entry
        try:
            entry["flags"] = live_flags(descriptor)
            if kind == "file":
                entry["sha256digest"] = live_digest(descriptor)
        finally:
            os.close(descriptor)
    return entry


def live_digest(descriptor):
    hasher = hashlib.sha256()
    while piece := os.read(descriptor, 1 << 20):
        hasher.update(piece)
    return hasher.hexdigest()


def attributes_of_live(directory):
    """One descriptor at a time, down by name and up by `..`: depth costs neither paths nor files."""
    open_flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    current = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    top = live_entry(current, b".")
    entries, groups = [(b".", top)], {}
    frames, path = [None], None
    while frames:
        if frames[-1] is None:  # not listed yet
            frames[-1] = []
            for name in map(os.fsencode, os.listdir(current)):
                entry = live_entry(current, name)
                entries.append((render((path, name)), entry))
                if entry["type"] == "dir":
                    frames[-1].append((name, entry["status"]))
                elif entry["status"].st_nlink > 1:
                    status = entry["status"]
                    groups.setdefault((status.st_dev, status.st_ino), []).append(entries[-1])
        if frames[-1]:
            name, status = frames[-1].pop()
            below = os.open(name, open_flags, dir_fd=current)
            opened = os.fstat(below)
            if (opened.st_dev, opened.st_ino) != (status.st_dev, status.st_ino):
                raise OSError(f"{vis(render((path, name)))} was replaced meanwhile")
            os.close(current)
            current, path = below, (path, name)
            frames.append(None)
        else:
            frames.pop()
            if frames:
                above = os.open(b"..", open_flags, dir_fd=current)
                os.close(current)
                current, path = above, path[0]
    os.close(current)
    for members in groups.values():
        members.sort(key=lambda pair: pair[0])
        for _, entry in members[1:]:
            entry["hardlink"] = members[0][0]
    print_attributes(entries)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("git_dir", nargs="?", metavar="GIT_DIR")
    parser.add_argument("refs", nargs="*", metavar="REF")
    parser.add_argument("--attributes", metavar="REF")
    parser.add_argument("--live", metavar="DIR")
    options = parser.parse_args()
    if options.live is not None:
        return attributes_of_live(os.fsencode(options.live))
    if options.git_dir is None:
        parser.error("GIT_DIR is needed")
    with Repository(options.git_dir) as repository:
        if options.attributes is not None:
            try:
                return attributes_of_snapshot(repository, options.attributes)
            except Finding as finding:
                print(f"{options.attributes}: {finding}", file=sys.stderr)
                return False
        sound, verified = True, set()
        for name in options.refs or repository.tags():
            findings, entries = check(repository, name, verified)
            print(*(findings or [f"ok {name} entries={entries}"]), sep="\n")
            sound = sound and not findings
        return sound


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
