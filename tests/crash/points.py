"""The system calls at which an operation is cut, and what strace is told to do there."""
import collections
import os
import re
import subprocess

from place import require

# What changes something, and what a writer decides by. Reads cannot leave anything behind.
CALLS = ("write,pwrite64,fsync,rename,renameat2,link,linkat,unlink,unlinkat,mkdir,openat,close,flock,"
         "ftruncate,chmod,fchmod,openat2,mkdirat,symlinkat,utimensat,fchownat,syncfs,ioctl,fcntl")
# What may fail besides: calls that find something out, and those that only some entries need.
MORE_FAULTS = (",read,pread64,getdents64,newfstatat,fstat,statx,readlinkat,renameat,mknodat,fchmodat,mmap,clone3,"
               "setxattr,lsetxattr,fsetxattr,getxattr,lgetxattr,fgetxattr,listxattr,llistxattr,flistxattr,fremovexattr")
ERRORS = ("ENOSPC", "EIO", "EACCES", "EMFILE", "EROFS", "EDQUOT", "ENOMEM")


class Injection(collections.namedtuple("Injection", "call what when")):
    """At the `when`th `call` of a thread `what` happens: signal=NAME or error=NAME. "3+": from the third on."""

    @property
    def error(self):
        return self.what.partition("=")[2]

    @property
    def signal(self):
        return int(self.what.partition("=")[2])

    @property
    def first(self):
        return int(self.when.rstrip("+"))

    @property
    def may_speak(self):
        """Whether a message can still be written."""
        return self.call != "write" or not self.when.endswith("+")

    def strace(self, trace, besides=()):
        """@param trace  the file that strace writes"""
        # What is injected must be traced, `besides` too.
        return ["strace", "-f", "-qq", "-o", trace, "-e", "trace=renameat2," + self.call, *besides,
                "-e", f"inject={self.call}:{self.what}:when={self.when}"]

    def __str__(self):
        return f"{self.what} at {self.call} {self.when}"


def kill(call, when):
    return Injection(call, "signal=SIGKILL", str(when))


def count_calls(place, words, calls, besides=(), status=0):
    """How often each process or thread makes each call: the points at which it can be stopped."""
    trace = os.path.join(place.root, "trace")
    run = place.run(words, ["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + calls, *besides])
    require(run.returncode == status, f"{words}: {run.returncode} {run.stdout}{run.stderr}")
    require(not besides or "absent for a moment" in run.stderr, f"not said: {run.stderr}")
    counts = collections.Counter()
    with open(trace, errors="replace") as file:
        for line in file:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match:
                counts[match.groups()] += 1
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    if besides:
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
    if options.signals:
        return Injection(call, f"signal={chance.choice((2, 15))}", str(n))
    if options.faults:
        return Injection(call, "error=" + chance.choice(ERRORS), f"{n}+" if chance.random() < 0.3 else str(n))
    return kill(call, n)
