"""The trees that are measured: how each is made, and how it changes.

A corpus is made anew from its seed for every round and group of tools, so that no tool finds what
another one left. Every change is drawn from the seed too: all tools see the same one.
"""
import base64
import os
import random
import subprocess

LINUX = "/usr/src/linux-source-6.1.tar.xz"


def regular_files(tree):
    found = []
    for directory, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                found.append(path)
    return sorted(found)


def edit(path, chance):
    """Overwrites a few bytes in the middle of a file and adds a line, as an editor would."""
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.write(b"added %016x\n" % chance.getrandbits(64))
        file.seek(size // 2)
        file.write(b"%08x" % chance.getrandbits(32))


class Corpus:
    name = ""
    words = ""          # what it is, for the report
    versions = 0        # further snapshots to take one after the other, each with a small change
    share = 0.01        # of the files, for the step `changed`
    tree_bytes = 0      # room at scale 1: of the tree,
    store_bytes = 0     # and of the largest tool's store after all steps

    def __init__(self, scale, seed):
        self.scale, self.seed = scale, seed

    def scaled(self, count, least=1):
        return max(least, round(count * self.scale))

    def chance(self, *purpose):
        return random.Random(f"{self.name} {self.seed} {purpose}")

    def room(self, tools, trees=2):
        """Bytes for so many stores beside each other, and for the tree: twice, where it is restored."""
        return round((trees * self.tree_bytes + tools * self.store_bytes) * self.scale)

    def one_by_one(self, tools):
        """Whether all stores at once are too much: then the tools run after each other."""
        return self.room(tools) > 8e9

    def make(self, tree):
        raise NotImplementedError

    def change(self, tree, purpose):
        """Changes the share of the files; returns their paths."""
        chance = self.chance("change", purpose)
        files = regular_files(tree)
        chosen = chance.sample(files, max(1, round(len(files) * self.share)))
        for path in chosen:
            edit(path, chance)
        return chosen

    def change_one(self, tree, purpose):
        chance = self.chance("one", purpose)
        path = chance.choice(regular_files(tree))
        edit(path, chance)
        return [path]


class Linux(Corpus):
    name = "linux-source-6.1"
    words = "the kernel's source, as Debian packages it"
    tree_bytes, store_bytes = 1.6e9, 0.55e9

    def make(self, tree):
        os.makedirs(tree)
        subprocess.run(["tar", "-xf", LINUX, "-C", tree, "--strip-components=1"], check=True)
        if self.scale < 1:
            files = regular_files(tree)
            for path in self.chance("scale").sample(files, len(files) - self.scaled(len(files))):
                os.unlink(path)


class Files(Corpus):
    name = "files"
    words = "1,000,000 generated files, 1,000 directories of 1,000"
    tree_bytes, store_bytes = 5.2e9, 5e9

    def make(self, tree):
        chance = self.chance("make")
        # Longer than what a compressor of streams looks back: files are no copies of each other.
        text = b"".join(b"%s = %d\n" % (base64.b32encode(chance.randbytes(5)), chance.getrandbits(20))
                        for _ in range(self.scaled(1_000_000, least=100_000)))
        count = self.scaled(1_000_000)
        for first in range(0, count, 1000):
            directory = os.path.join(tree, f"{first // 100_000:02}", f"{first // 1000 % 100:02}")
            os.makedirs(directory)
            for i in range(first, min(first + 1000, count)):
                begin = chance.randrange(len(text) - 2000)
                with open(os.path.join(directory, f"file{i:07}"), "wb") as file:
                    file.write(b"file %d\n" % i + text[begin:begin + chance.randrange(2000)])


class LargeFile(Corpus):
    name = "large-file"
    words = "one file of 8 GB, half of it random; 64 runs rewritten, 1 % of the bytes, and 10 insertions"
    tree_bytes, store_bytes = 8.6e9, 7e9
    piece = 1 << 20

    def make(self, tree):
        os.makedirs(tree)
        chance = self.chance("make")
        half = self.piece // 2
        with open(os.path.join(tree, "disk.img"), "wb") as file:
            for _ in range(self.scaled(8 << 10)):
                file.write(chance.randbytes(half))
                file.write(base64.b16encode(chance.randbytes(half // 2)))

    def change(self, tree, purpose):
        chance = self.chance("change", purpose)
        path = os.path.join(tree, "disk.img")
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            for _ in range(64):
                run = size // 100 // 64
                file.seek(chance.randrange(size - run))
                file.write(chance.randbytes(run))
            self.insert(file, [(chance.randrange(size), chance.randbytes(chance.randrange(1, 5000))) for _ in range(10)])
        return [path]

    def insert(self, file, insertions):
        """Moves the tail behind each place, the last place first, without a second copy of the file."""
        for place, new in sorted(insertions, reverse=True):
            end = file.seek(0, os.SEEK_END)
            while end > place:
                begin = max(place, end - 16 * self.piece)
                data = os.pread(file.fileno(), end - begin, begin)
                os.pwrite(file.fileno(), data, begin + len(new))
                end = begin
            os.pwrite(file.fileno(), new, place)

    def change_one(self, tree, purpose):
        chance = self.chance("one", purpose)
        path = os.path.join(tree, "disk.img")
        with open(path, "r+b") as file:
            file.seek(chance.randrange(os.path.getsize(path) - 8))
            file.write(chance.randbytes(8))
        return [path]


class Claude(Corpus):
    name = "claude"
    words = "a configuration tree of 100 small files"
    tree_bytes, store_bytes = 2e6, 4e6

    def make(self, tree):
        chance = self.chance("make")
        word = lambda: base64.b32encode(chance.randbytes(5)).decode().lower()
        for i in range(self.scaled(100, least=10)):
            place = ("hooks/%d.py", "commands/team/%d.md", "skills/skill%d/SKILL.md", "agents/%d.md", "rules/%d.json")[i % 5] % i
            path = os.path.join(tree, place)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                for _ in range(chance.randrange(5, 200)):
                    file.write(" ".join(word() for _ in range(chance.randrange(1, 9))) + "\n")


class Versions(Claude):
    name = "versions"
    words = "500 successive versions of a tree of 100 small files, one file changed in each"
    tree_bytes, store_bytes = 2e6, 150e6

    def __init__(self, scale, seed):
        super().__init__(scale, seed)
        self.versions = self.scaled(500, least=3) - 1

    def make(self, tree):
        scale, self.scale = self.scale, 1
        super().make(tree)
        self.scale = scale


CORPORA = {corpus.name: corpus for corpus in (Linux, Files, LargeFile, Claude, Versions)}
