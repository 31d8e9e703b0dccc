"""What must hold when an operation was cut: the same questions of every kind of operation, each with its own answers."""
import collections
import re

from place import require

Operation = collections.namedtuple("Operation", "template words outcome besides", defaults=((),))
Operation.__doc__ = """What is tried: a place to start from, the command, and its Outcome.
besides: what strace injects in each run of it."""

STATUSES_OF = {"ENOSPC": {26}, "EDQUOT": {26}, "EACCES": {27}, "EROFS": {27}}  # beside those of any failure
TWICE_FAILED = 22  # an update and then its rollback: docs/errors.md


def did_not_start(ran):
    """Failed in the dynamic loader or in the C library's own start, before any of ours ran."""
    return ran.returncode == 127 and re.search(r"error while loading shared libraries|Fatal glibc error: "
                                               r"|^cannot allocate TLS data structures", ran.stderr, re.M)


class Outcome:
    """Of one operation. Each point begins with `begin`; each check raises Finding."""

    expected = 0                # exit status where nothing is cut
    failures = {1, 12, 14, 15}  # those of any error, beside STATUSES_OF
    one_of = 1                  # among so many points of a sample one is taken

    def __init__(self):
        self.ends = collections.Counter()  # on which state the points ended

    def begin(self, place):
        """Keeps what is compared afterwards."""

    def check_answer(self, place):
        """Success was said."""
        raise NotImplementedError

    def check_live(self, place):
        """The live tree, before anything recovers."""

    def check_failure(self, place, ran, injection):
        """A failure was said."""
        raise NotImplementedError

    def check_crash(self, place):
        """After a kill or a power cut, with the command that is next."""
        raise NotImplementedError

    def check_done(self, place, only_new=False):
        """All is old, or all is new."""
        raise NotImplementedError

    def check_signal(self, place, ran, signal):
        """After SIGINT or SIGTERM, with no command in between."""
        # Before the handlers stand it is the kernel that ends us, and nothing has begun.
        require(ran.returncode in (self.expected, 128 + signal, -signal),
                f"ended by {ran.returncode}: {ran.stdout}{ran.stderr}")
        if place.has_store():
            place.require_no_debris()
        self.check_live(place)
        if ran.returncode == self.expected:
            self.check_answer(place)
        self.check_done(place)

    def check_fault(self, place, ran, injection):
        """After a call that failed, of which it lived to tell."""
        if ran.returncode in (3, TWICE_FAILED):
            # What could not be read is left alone, and named: neither state, but said so. What the
            # answer lists has a path and a reason.
            listed = re.search(r"^(Not restored|Not cleared|Incomplete): \S.*: \S", ran.stdout, re.M)
            # So it is with an update whose way back failed as well: it says of each what.
            critical = re.search(r"^CRITICAL: (?!.*; :).*: \S", ran.stdout, re.M)
            require(critical if ran.returncode == TWICE_FAILED else ran.stderr.strip() or listed,
                    f"{ran.returncode} without a word")
            self.check_live(place)
            place.run(["operations", "finish"])
            place.require_no_debris()
            place.require_sound()
            return
        if ran.returncode == self.expected:
            self.check_answer(place)
        else:
            self.check_failure(place, ran, injection)
        self.check_crash(place)

    def answered(self, place):
        """Success was said, and then the power is cut."""

    def check_survived(self, place):
        self.check_answer(place)
        # What was cleared up after the answer may be back; any writing command clears it up again.
        place.do(["--config", "settings.json", "mark-good", "-P", "live", "latest"])
        self.check_done(place, only_new=True)
