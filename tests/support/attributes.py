#!/usr/bin/env python3
"""Prints everything about a tree that must survive a copy, one line a path, sorted bytewise.

    attributes.py [--no-owner] [--no-mode] [--no-time] [--no-xattrs] [--no-flags] [--no-hardlinks]
                  [--no-top] DIR

Two trees are equal when their outputs are. Nothing is followed and nothing is opened but regular
files and directories; paths may be longer than PATH_MAX.
"""

import argparse
import fcntl
import hashlib
import os
import stat
import struct
import sys

FS_IOC_GETFLAGS = 0x80086601
KEPT_FLAGS = 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x10000 | 0x800000
PARTS = ("owner", "mode", "time", "xattrs", "flags", "hardlinks", "top")
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFCHR: "char", stat.S_IFBLK: "block"}


def shown(raw):
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x5C else "\\%03o" % b for b in raw)


def shown_path(path):
    """A very long path by its digest: thousands of them, each below the other, are megabytes."""
    if len(path) <= 4096:
        return shown(path)
    return "%s...%s" % (hashlib.sha256(path).hexdigest(), shown(path[-40:]))


def open_below(root, path):
    """Opens a directory piece by piece: each piece is short enough for the kernel."""
    fd = os.dup(root)
    names = path.split(b"/") if path else []
    while names:
        piece, size = [], 0
        while names and (not piece or size + len(names[0]) < 3000):
            size += len(names[0]) + 1
            piece.append(names.pop(0))
        new = os.open(b"/".join(piece), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
        os.close(fd)
        fd = new
    return fd


class Dump:
    def __init__(self, without):
        self.without = without
        self.lines = []   # path, [fields], inode key or None
        self.groups = {}

    def describe(self, parent, name, path, status, fd):
        """@param fd  open for reading, for files and directories that can be opened"""
        without = self.without
        kind = stat.S_IFMT(status.st_mode)
        fields = ["type=" + TYPES[kind]]
        if "mode" not in without and kind != stat.S_IFLNK:
            fields.append("mode=%04o" % stat.S_IMODE(status.st_mode))
        if "owner" not in without:
            fields.append("uid=%d gid=%d" % (status.st_uid, status.st_gid))
        if "time" not in without:
            fields.append("mtime=%d" % status.st_mtime_ns)
        if kind == stat.S_IFREG:
            fields.append("size=%d" % status.st_size)
            fields.append("sha256=" + (self.digest(fd) if fd is not None else "unreadable"))
        if kind == stat.S_IFLNK:
            fields.append("link=" + shown(os.readlink(name, dir_fd=parent)))
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            fields.append("rdev=%d,%d" % (os.major(status.st_rdev), os.minor(status.st_rdev)))
        if "xattrs" not in without:
            target = fd if fd is not None else b"/proc/self/fd/%d/" % parent + name
            follow = {} if fd is not None else {"follow_symlinks": False}
            try:
                for xattr in sorted(os.fsencode(n) for n in os.listxattr(target, **follow)):
                    value = os.getxattr(target, xattr, **follow)
                    fields.append("xattr.%s=%s" % (shown(xattr), value.hex()))
            except OSError:
                pass
        if "flags" not in without and fd is not None:
            try:
                flags = struct.unpack("I", fcntl.ioctl(fd, FS_IOC_GETFLAGS, struct.pack("I", 0)))[0]
                fields.append("flags=%x" % (flags & KEPT_FLAGS))
            except OSError:
                pass
        key = None
        if "hardlinks" not in without and kind != stat.S_IFDIR and status.st_nlink > 1:
            key = (status.st_dev, status.st_ino)
            self.groups.setdefault(key, []).append(path)
        self.lines.append((path, fields, key))

    @staticmethod
    def digest(fd):
        hasher = hashlib.sha256()
        while True:
            piece = os.read(fd, 1 << 20)
            if not piece:
                return hasher.hexdigest()
            hasher.update(piece)

    def run(self, directory):
        root = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        if "top" not in self.without:
            self.describe(root, b".", b".", os.fstat(root), root)
        pending = [b""]
        last_path, last = b"", os.dup(root)  # mostly the parent of the next one
        while pending:
            path = pending.pop()
            parent, _, name = path.rpartition(b"/")
            try:
                if path and parent == last_path:
                    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=last)
                else:
                    fd = open_below(root, path)
            except OSError as error:
                self.lines.append((path, ["unreadable " + os.strerror(error.errno)], None))
                continue
            for name in [os.fsencode(entry.name) for entry in os.scandir(fd)]:
                below = path + b"/" + name if path else name
                status = os.stat(name, dir_fd=fd, follow_symlinks=False)
                child = None
                if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
                    try:
                        child = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd)
                    except OSError:
                        pass
                self.describe(fd, name, below, status, child)
                if child is not None:
                    os.close(child)
                if stat.S_ISDIR(status.st_mode):
                    pending.append(below)
            os.close(last)
            last_path, last = path, fd
        os.close(last)
        os.close(root)

    def text(self):
        told = []
        for path, fields, key in sorted(self.lines, key=lambda line: line[0]):
            if key is not None and len(self.groups[key]) > 1:
                fields = fields + ["linked=" + shown_path(min(self.groups[key]))]
            told.append(" ".join([shown_path(path), *fields]) + "\n")
        return "".join(told)


def dump(directory, without=()):
    """What this prints of a directory.

    @param without  names from PARTS
    """
    made = Dump(without)
    made.run(directory)
    return made.text()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part in PARTS:
        parser.add_argument("--no-" + part, action="store_true")
    parser.add_argument("directory")
    options = vars(parser.parse_args())
    print(dump(options["directory"], [part for part in PARTS if options["no_" + part]]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
