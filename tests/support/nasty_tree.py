#!/usr/bin/env python3
"""Makes a directory tree that is hard to copy, the same one for the same seed.

    nasty_tree.py --seed N [--size S] [--deep N] DIR     make DIR and fill it with about S entries
    nasty_tree.py --seed N --trees T [...] DIR           make DIR/N, DIR/N+1 and so on, T trees
    nasty_tree.py --seed N --mutate DIR                  change an existing tree at random

What the user or the filesystem may not do (devices, owners, capabilities, inode flags) is left out
silently, so that one seed gives one tree for one user on one filesystem.
"""

import argparse
import errno
import fcntl
import os
import random
import stat
import struct
import sys

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
NODUMP, NOATIME = 0x40, 0x80
KIB = 1024
SIZES = [0, 0, 1, 7, 100, 511, 1000, 4095, 4096, 4097, 8192, 20000]
LARGE_SIZES = [64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 128 * KIB, 300 * KIB]
ATTRIBUTES_TEXT = b"* text eol=crlf export-ignore\n*.bin filter=evil ident working-tree-encoding=UTF-16\n"
# Names that git, its relatives, terminals, shells or other systems treat in a special way.
NAMES = [
    b".git", b".GIT", b".Git", b"git~1", b"GIT~1", b".git.", b".git ", b".git::$INDEX_ALLOCATION",
    b"\xe2\x80\x8c.git", b".g\xe2\x80\x8dit", b".git\\x", b"a\\.git", b".gitmodules", b".gitattributes",
    b".gitignore", b".mailmap", b"gitmod~1", b"gitatt~1", b"gi7eba~1", b"gi7d29~1", b".stravinsky",
    b".STRAVINSKY", b"%mtree", b"%41", b"%", b"%%", b"%2Egit", b"a%b", b"a\\b", b"\\", b"con", b"NUL",
    b"aux.txt", b"-rf", b"--", b"-", b" ", b"  lead", b"trail ", b"trail.", b"...", b"..a", b"~", b"*", b"?",
    b"new\nline", b"tab\there", b"\r", b"cr\r", b"\x1b[31mred", b"\xff\xfe", b"\xc3\x28", b"\x80", b"\x7f",
    "caf\u00e9".encode(), "cafe\u0301".encode(), "\u65e5\u672c".encode(), b"#hash", b"a=b", b"\"quote\"",
    b"'", b"$HOME", b"`id`", b";", b"&", b"|", b"!", b"n" * 255, b"\xf0\x9f\x8e\xbc" * 63, b"type=file",
    b"sub.lock", b"HEAD", b"objects", b"000000", b"0000000000000000", b"@{-1}", b":", b"a:b", b",", b"@",
]


def quiet(function, *args, **kwargs):
    """Calls; what this user or filesystem does not allow is passed over."""
    try:
        return function(*args, **kwargs)
    except OSError:
        return None


def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


class Maker:
    def __init__(self, seed, budget):
        self.random = random.Random(seed)
        self.budget = budget
        self.root = os.geteuid() == 0
        self.files = []  # paths of regular files, for hard links and duplicates
        self.contents = []
        self.counter = 0
        self.every_byte = [bytes([b]) for b in range(1, 256) if b not in b"/."]

    def name(self, taken):
        for _ in range(100):
            kind = self.random.random()
            if kind < 0.25:
                name = self.random.choice(NAMES)
            elif kind < 0.35:
                name = b"b" + self.random.choice(self.every_byte)
            elif kind < 0.40:
                name = self.random.choice(self.every_byte)
            elif kind < 0.45:
                size = self.random.choice([2, 30, 200, 255])
                name = bytes(self.random.choice(self.every_byte)[0] for _ in range(size))
            else:
                self.counter += 1
                name = b"f%d.%s" % (self.counter, self.random.choice([b"txt", b"json", b"md", b"bin"]))
            if name not in taken and name not in (b".", b".."):
                taken.add(name)
                return name
        self.counter += 1
        taken.add(b"x%d" % self.counter)
        return b"x%d" % self.counter

    def mode(self, directory=False):
        modes = [0o644, 0o600, 0o755, 0o700, 0o640, 0o400, 0o444, 0o666, 0o777, 0o000, 0o070, 0o007,
                 0o4755, 0o2755, 0o6711, 0o1644, 0o4000, 0o7777]
        if directory:
            modes = [0o755, 0o700, 0o750, 0o2775, 0o1777, 0o555, 0o500, 0o711, 0o7777]
            if self.root:
                modes += [0o000, 0o400, 0o100]
        return self.random.choice(modes)

    def owner(self):
        if not self.root or self.random.random() < 0.7:
            return -1, -1
        return (self.random.choice([0, 1, 33, 1000, 65534, 123456789, 4294967294]),
                self.random.choice([0, 1, 33, 1000, 65534, 987654321, 4294967294]))

    def time(self):
        seconds = self.random.choice([
            0, 1, -1, -315619200, -2147483648, -2147483647, 2147483647, 2147483648, 4102444800, 4294967296,
            8589934592, self.random.randrange(1_000_000_000, 1_800_000_000)])
        return seconds * 10**9 + self.random.choice([0, 1, 500_000_000, 999_999_999, self.random.randrange(10**9)])

    def content(self):
        kind = self.random.random()
        if kind < 0.2 and self.contents:
            return self.random.choice(self.contents)
        size = self.random.choice(SIZES if self.random.random() < 0.9 else LARGE_SIZES)
        if kind < 0.5:
            data = self.random.randbytes(size)
        elif kind < 0.6:
            data = bytes(size)
        else:
            line = b"line %d of some text\r\n" % self.random.randrange(10**6)
            data = (line * (size // len(line) + 1))[:size]
        if len(self.contents) < 50:
            self.contents.append(data)
        return data

    def xattrs(self, fd, is_directory):
        if self.random.random() < 0.15:
            for _ in range(self.random.randrange(1, 4)):
                name = b"user." + self.random.choice([b"plain", b"with space", b"eq=ual", b"new\nline", b"\xff\xfe", b"%41", b"#"])
                value = self.random.choice([b"", b"text", bytes(range(256)), self.random.randbytes(1500)])
                quiet(os.setxattr, fd, name, value)
        if self.random.random() < 0.08:
            quiet(os.setxattr, fd, b"system.posix_acl_access",
                  acl((1, 6, 0xFFFFFFFF), (2, 4, 1), (2, 7, 33), (4, 0, 0xFFFFFFFF), (8, 5, 1000), (16, 7, 0xFFFFFFFF),
                      (32, 0, 0xFFFFFFFF)))
        if is_directory and self.random.random() < 0.05:
            quiet(os.setxattr, fd, b"system.posix_acl_default",
                  acl((1, 7, 0xFFFFFFFF), (2, 5, 33), (4, 5, 0xFFFFFFFF), (16, 5, 0xFFFFFFFF), (32, 4, 0xFFFFFFFF)))
        if self.root and not is_directory and self.random.random() < 0.05:
            # cap_net_raw,cap_net_bind_service=ep, version 2
            quiet(os.setxattr, fd, b"security.capability", struct.pack("<IIIII", 0x02000001, 0x2400, 0, 0, 0))
        if self.root and self.random.random() < 0.03:
            quiet(os.setxattr, fd, b"trusted.stravinsky", b"secret")

    def flags(self, fd):
        if self.random.random() >= 0.05:
            return
        try:
            old = struct.unpack("i", fcntl.ioctl(fd, FS_IOC_GETFLAGS, struct.pack("i", 0)))[0]
            new = old | self.random.choice([NODUMP, NOATIME, NODUMP | NOATIME])
            fcntl.ioctl(fd, FS_IOC_SETFLAGS, struct.pack("i", new))
        except OSError:
            pass

    def attributes(self, fd, is_directory):
        """Owner first: chown(2) clears setuid and capabilities."""
        uid, gid = self.owner()
        if (uid, gid) != (-1, -1):
            quiet(os.chown, fd, uid, gid)
        mode = self.mode(is_directory)
        time = self.time()
        self.flags(fd)
        self.xattrs(fd, is_directory)
        if self.random.random() < 0.6:
            try:
                has_acl = b"system.posix_acl_access" in [os.fsencode(n) for n in os.listxattr(fd)]
            except OSError:
                has_acl = False
            if not has_acl:
                quiet(os.chmod, fd, mode)
        quiet(os.utime, fd, ns=(time, time))

    def file(self, parent, name, path):
        fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        try:
            if name == b".gitattributes" or name == b".gitmodules":
                os.write(fd, ATTRIBUTES_TEXT)
            elif self.random.random() < 0.05:
                # Sparse: a hole before, between and after data.
                for _ in range(self.random.randrange(3)):
                    os.lseek(fd, self.random.randrange(1, 40) * 4096 * 4, os.SEEK_CUR)
                    os.write(fd, b"data" * self.random.randrange(1, 2000))
                os.ftruncate(fd, os.fstat(fd).st_size + self.random.choice([0, 1, 65536, 1 << 20]))
            else:
                data = self.content()
                while data:
                    data = data[os.write(fd, data):]
            self.attributes(fd, False)
        finally:
            os.close(fd)
        self.files.append(path)

    def symlink(self, parent, name):
        target = self.random.choice([
            b"missing", b"..", b".", b"/", b"/etc/passwd", b"/nonexistent/" + b"x" * 100, b"../" * 40 + b"etc",
            b"t/" * 2000, b"a" * 255, name, b"-rf", b"new\nline", b"\xff", b".git", b"with space ", b"%41"])
        os.symlink(target, name, dir_fd=parent)
        uid, gid = self.owner()
        if (uid, gid) != (-1, -1):
            quiet(os.chown, name, uid, gid, dir_fd=parent, follow_symlinks=False)
        time = self.time()
        os.utime(name, ns=(time, time), dir_fd=parent, follow_symlinks=False)

    def special(self, parent, name):
        kinds = [stat.S_IFIFO, stat.S_IFSOCK]
        if self.root:
            kinds += [stat.S_IFCHR, stat.S_IFBLK]
        kind = self.random.choice(kinds)
        device = os.makedev(self.random.choice([1, 8, 240, 4000]), self.random.choice([0, 3, 255, 300, 1048575]))
        mode = self.mode()
        uid, gid = self.owner()
        time = self.time()
        try:
            os.mknod(name, kind | 0o600, device if kind in (stat.S_IFCHR, stat.S_IFBLK) else 0, dir_fd=parent)
        except OSError:
            os.mkfifo(name, 0o600, dir_fd=parent)
        if (uid, gid) != (-1, -1):
            quiet(os.chown, name, uid, gid, dir_fd=parent, follow_symlinks=False)
        quiet(os.chmod, name, mode, dir_fd=parent)
        os.utime(name, ns=(time, time), dir_fd=parent, follow_symlinks=False)

    def hard_link(self, root, parent, name):
        source = self.random.choice(self.files)
        try:
            os.link(source, name, src_dir_fd=root, dst_dir_fd=parent, follow_symlinks=False)
        except OSError:
            return

    def fill(self, root, fd, path, depth):
        """Fills an open directory, then sets its own attributes."""
        taken = set(os.fsencode(entry.name) for entry in os.scandir(fd))
        count = self.random.choice([0, 1, 3, 8, 15, 25])
        if depth == 0:
            count = max(count, self.budget // 4, 8)
        for _ in range(count):
            if self.budget <= 0:
                break
            self.budget -= 1
            name = self.name(taken)
            below = path + (b"/" if path else b"") + name
            kind = self.random.random()
            if kind < 0.22 and depth < 12:
                os.mkdir(name, 0o700, dir_fd=fd)
                child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
                try:
                    self.fill(root, child, below, depth + 1)
                finally:
                    os.close(child)
            elif kind < 0.32:
                self.symlink(fd, name)
            elif kind < 0.38:
                self.special(fd, name)
            elif kind < 0.46 and self.files:
                self.hard_link(root, fd, name)
            else:
                self.file(fd, name, below)
        self.attributes(fd, True)

    def chain(self, root, levels):
        """A path of `levels` components with a file at its end, walked one descriptor at a time."""
        top = b"chain-%d" % levels
        os.mkdir(top, 0o700, dir_fd=root)
        fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
        for level in range(levels):
            name = b"d" * self.random.choice([1, 1, 1, 20])
            if level == 0:
                name = b"n" * 255
            os.mkdir(name, 0o700, dir_fd=fd)
            child = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
            time = self.time()
            os.utime(fd, ns=(time, time))
            os.close(fd)
            fd = child
        leaf = os.open(b"leaf", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640, dir_fd=fd)
        os.write(leaf, b"at the bottom\n")
        os.utime(leaf, ns=(1, 1))
        os.close(leaf)
        os.utime(fd, ns=(2, 2))
        os.close(fd)


class Mutator(Maker):
    """Changes what is there: content, attributes, names, types; something in any case."""

    def run(self, root):
        changed = False
        # Sorted, so that one seed makes one change whatever order the filesystem lists in.
        directories = [b""]
        for path in directories:
            fd = quiet(os.open, path or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
            if fd is None:
                continue
            try:
                for name in sorted(os.fsencode(entry.name) for entry in os.scandir(fd)):
                    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
                    below = path + (b"/" if path else b"") + name
                    if len(below) > 3000:
                        continue
                    if stat.S_ISDIR(status.st_mode):
                        directories.append(below)
                    elif stat.S_ISREG(status.st_mode):
                        self.files.append(below)
                    if self.random.random() < 0.1:
                        try:
                            self.change(root, fd, name, below, status)
                            changed = True
                        except OSError as error:
                            if error.errno in (errno.ENOSPC, errno.EIO):
                                raise
                if self.random.random() < 0.15:
                    self.budget = 5
                    quiet(self.fill, root, fd, path, 11)
            finally:
                os.close(fd)
        if not changed:  # one of seven small trees has no entry that is drawn
            self.file(root, b"added-%d" % self.random.randrange(10**9), b"added")

    def change(self, root, fd, name, path, status):
        action = self.random.choice(["edit", "edit", "truncate", "remove", "rename", "attributes", "type", "same-size"])
        if action == "rename":
            os.rename(name, b"renamed-%d" % self.random.randrange(10**9), src_dir_fd=fd, dst_dir_fd=fd)
            return
        if stat.S_ISDIR(status.st_mode):
            child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
            self.attributes(child, True)
            os.close(child)
            return
        if action in ("remove", "type") or not stat.S_ISREG(status.st_mode):
            os.unlink(name, dir_fd=fd)
            if action == "type":
                os.mkdir(name, 0o755, dir_fd=fd)
            elif action != "remove":
                self.file(fd, name, path)
            return
        child = os.open(name, os.O_RDWR | os.O_NOFOLLOW, dir_fd=fd)
        try:
            if action == "truncate":
                os.ftruncate(child, status.st_size // 2)
            elif action == "attributes":
                self.attributes(child, False)
            elif action == "same-size":
                os.pwrite(child, self.random.randbytes(min(status.st_size, 10)), 0)
            else:
                os.lseek(child, 0, os.SEEK_END)
                os.write(child, self.content() or b"edited\n")
        finally:
            os.close(child)


def make(directory, seed, options):
    os.makedirs(directory, exist_ok=True)
    root = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    maker = Maker(seed, options.size)
    if options.deep:
        maker.chain(root, options.deep)
    maker.fill(root, root, b"", 0)
    os.close(root)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--size", type=int, default=60, help="about how many entries")
    parser.add_argument("--deep", type=int, default=0, help="also one path of so many components")
    parser.add_argument("--trees", type=int, help="so many trees, a seed and a directory for each")
    parser.add_argument("--mutate", action="store_true")
    parser.add_argument("directory")
    options = parser.parse_args()
    os.umask(0o022)
    if options.mutate:
        root = os.open(options.directory, os.O_RDONLY | os.O_DIRECTORY)
        Mutator(options.seed, 0).run(root)
    elif options.trees is None:
        make(options.directory, options.seed, options)
    else:
        for seed in range(options.seed, options.seed + options.trees):
            make(os.path.join(options.directory, str(seed)), seed, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
