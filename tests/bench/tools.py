"""The tools that are measured, one class each: the commands of a step, and what the figures hide.

Every tool runs as its manual says for a local store, its cache and compression left at their
defaults unless `notes` says otherwise. Its environment is its own: HOME is in the work directory.
"""
import glob
import os
import shutil
import subprocess


class Unsupported(Exception):
    """The tool has no such thing; the report names the step and the reason."""


class Tool:
    name = ""
    notes = ""          # compression, hash, and every choice that is not the tool's default
    caches = ()         # below the store; not counted as stored
    in_place_statuses = (0,)

    def __init__(self, base, live):
        """@param live  the tree, the same for all tools; its parent is where the tools are started"""
        self.live, self.work = live, os.path.dirname(live)
        self.store = os.path.join(base, "store")
        self.home = os.path.join(base, "home")
        self.out = os.path.join(base, "out")
        os.makedirs(self.home)
        self.environment = {"HOME": self.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "USER": "bench",
                            "TMPDIR": base}
        self.count = 0

    def version(self):
        words = subprocess.run(self.version_command(), capture_output=True, text=True, env=self.environment).stdout
        return next((word for line in words.splitlines() for word in line.split() if word.strip("v'")[:1].isdigit()),
                    "").strip("v'")

    def version_command(self):
        return [self.program(), "--version"]

    def program(self):
        return self.name

    def prepare(self):
        """Commands that make an empty store; not measured."""
        return []

    # Each step gives the commands that are one measured run, started in self.work.
    def snapshot(self):
        raise NotImplementedError

    def restore(self):
        """Everything into self.out, which does not exist yet."""
        raise NotImplementedError

    def restored(self):
        """Where `restore` leaves the tree."""
        return self.out

    def in_place(self):
        raise Unsupported("has no restore over a tree that is there")

    def list(self):
        raise Unsupported("keeps no list of snapshots")

    def verify(self):
        raise Unsupported("has no check of its store")

    def stored_bytes(self):
        """Allocated bytes of the store without its caches, as du counts them."""
        left_out = {path for pattern in self.caches for path in glob.glob(os.path.join(self.store, pattern))}
        total = 0
        for directory, names, files in os.walk(self.store):
            names[:] = [n for n in names if os.path.join(directory, n) not in left_out]
            total += sum(os.lstat(path).st_blocks * 512 for path in (os.path.join(directory, f) for f in files)
                         if path not in left_out)
        return total


class Stravinsky(Tool):
    name = "stravinsky"
    notes = "libdeflate or ISA-L, zlib streams in packs; SHA-1 and SHA-256; a restore is read back and compared"
    caches = ("store.git/stravinsky/cache",)
    binary = ""

    def program(self):
        return self.binary

    def run(self, *words):
        return [self.binary, "-s", self.store, "-P", "bench", "--no-progress", *words]

    def prepare(self):
        return [self.run("init")]

    def snapshot(self):
        self.count += 1
        return [self.run("snapshot", self.live, "--name", f"s{self.count}")]

    def restore(self):
        return [self.run("checkout", "latest", "--to", self.out)]

    def restore_unread(self):
        return [self.run("checkout", "latest", "--to", self.out, "--no-verify")]

    def in_place(self):
        return [self.run("checkout", "latest", "-f")]

    def list(self):
        return [self.run("list")]

    def verify(self):
        return [self.run("verify", "--read-data")]


class Git(Tool):
    name = "git"
    notes = "zlib, default level, one file an object; no automatic gc; ignored files are added too"
    caches = ("index",)

    def run(self, *words, tree=None):
        return ["git", "--git-dir", self.store, "--work-tree", tree or self.live, *words]

    def prepare(self):
        return [["git", "init", "-q", "--bare", self.store],
                *(["git", "--git-dir", self.store, "config", key, value] for key, value in
                  (("core.bare", "false"), ("gc.auto", "0"), ("user.name", "bench"), ("user.email", "bench@localhost")))]

    def snapshot(self):
        return [self.run("add", "-A", "-f"), self.run("commit", "-q", "--allow-empty", "-m", "snapshot")]

    def restore(self):
        os.makedirs(self.out)
        index = "GIT_INDEX_FILE=" + os.path.join(self.home, "restore.index")
        return [["env", index, *self.run("read-tree", "HEAD", tree=self.out)],
                ["env", index, *self.run("checkout-index", "-a", "-f", "-q", tree=self.out)]]

    def in_place(self):
        return [self.run("reset", "-q", "--hard")]

    def list(self):
        return [self.run("--no-pager", "log", "--oneline")]

    def verify(self):
        return [self.run("fsck", "--strict", "--no-progress")]


class Restic(Tool):
    name = "restic"
    notes = ("zstd, `auto`; SHA-256; encrypted always; its cache is left on; in place it writes every file anew, and ends "
             "with status 1 where it meets a symlink that is there")
    in_place_statuses = (0, 1)

    def __init__(self, base, live):
        super().__init__(base, live)
        self.environment["RESTIC_PASSWORD"] = "bench"

    def version_command(self):
        return ["restic", "version"]

    def run(self, *words):
        return ["restic", "-q", "-r", self.store, *words]

    def prepare(self):
        return [self.run("init")]

    def snapshot(self):
        return [self.run("backup", self.live)]

    def restore(self):
        return [self.run("restore", "latest", "--target", self.out)]

    def restored(self):
        return self.out + self.live

    def in_place(self):
        return [self.run("restore", "latest", "--target", "/")]

    def list(self):
        return [self.run("snapshots")]

    def verify(self):
        return [self.run("check", "--read-data")]


class Borg(Tool):
    name = "borg"
    notes = "lz4; SHA-256; no encryption (chosen, as ours has none); its cache is left on"

    def __init__(self, base, live):
        super().__init__(base, live)
        self.environment["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes"

    def prepare(self):
        return [["borg", "init", "-e", "none", self.store]]

    def archive(self):
        return f"{self.store}::s{self.count}"

    def snapshot(self):
        self.count += 1
        return [["borg", "create", self.archive(), os.path.basename(self.live)]]

    def restore(self):
        os.makedirs(self.out)
        return [["env", "-C", self.out, "borg", "extract", self.archive()]]

    def restored(self):
        return os.path.join(self.out, os.path.basename(self.live))

    def in_place(self):
        return [["borg", "extract", self.archive()]]

    def list(self):
        return [["borg", "list", self.store]]

    def verify(self):
        return [["borg", "check", "--verify-data", self.store]]


class Bup(Tool):
    name = "bup"
    notes = "zlib level 1, chunks in git packs; its index is left on"
    caches = ("bupindex*", "index-cache")

    def __init__(self, base, live):
        super().__init__(base, live)
        self.environment["BUP_DIR"] = self.store

    def prepare(self):
        return [["bup", "init"]]

    def snapshot(self):
        return [["bup", "index", self.live], ["bup", "save", "-q", "-n", "bench", "--strip", self.live]]

    def restore(self):
        return [["bup", "restore", "-q", "-C", self.out, "/bench/latest/."]]

    def list(self):
        return [["bup", "ls", "bench"]]

    def verify(self):
        return [["bup", "fsck"]]


class Ostree(Tool):
    name = "ostree"
    notes = ("mode archive: zlib level 6, one file an object; SHA-256; restored as a user (-U), as copies and not as links "
             "into its cache (--disable-cache)")

    def run(self, *words):
        return ["ostree", "--repo=" + self.store, *words]

    def prepare(self):
        return [self.run("init", "--mode=archive")]

    def snapshot(self):
        return [self.run("commit", "-b", "bench", "--tree=dir=" + self.live)]

    def restore(self):
        return [self.run("checkout", "-U", "--disable-cache", "bench", self.out)]

    def in_place(self):
        return [self.run("checkout", "-U", "--disable-cache", "--union", "bench", self.live)]

    def list(self):
        return [self.run("log", "bench")]

    def verify(self):
        return [self.run("fsck", "--quiet")]


class Casync(Tool):
    name = "casync"
    notes = "zstd; SHA-512/256; no cache, as by default"

    def prepare(self):
        return [["mkdir", self.store]]

    def index(self):
        return os.path.join(self.store, f"s{self.count}.caidx")

    def run(self, *words):
        return ["casync", "--store=" + os.path.join(self.store, "default.castr"), *words]

    def snapshot(self):
        self.count += 1
        return [self.run("make", self.index(), self.live)]

    def restore(self):
        return [self.run("extract", self.index(), self.out)]

    def in_place(self):
        return [self.run("extract", self.index(), self.live)]


class Tar(Tool):
    name = "tar"
    notes = "`tar | zstd -1 -T2`: a whole archive each time, no snapshots"

    def prepare(self):
        return [["mkdir", self.store]]

    def archive(self):
        return os.path.join(self.store, f"s{self.count}.tar.zst")

    def snapshot(self):
        self.count += 1
        return [["bash", "-o", "pipefail", "-c", 'tar -C "$0" -cf - . | zstd -1 -T2 -q -o "$1"', self.live, self.archive()]]

    def extract(self, directory):
        return [["bash", "-o", "pipefail", "-c", 'zstd -dcq "$1" | tar -C "$0" -xpf -', directory, self.archive()]]

    def restore(self):
        os.makedirs(self.out)
        return self.extract(self.out)

    def in_place(self):
        return self.extract(self.live)

    def verify(self):
        return [["zstd", "-tq", self.archive()]]


TOOLS = {tool.name: tool for tool in (Stravinsky, Git, Restic, Borg, Bup, Ostree, Casync, Tar)}


def is_there(name):
    return name == "stravinsky" or shutil.which(name) is not None
