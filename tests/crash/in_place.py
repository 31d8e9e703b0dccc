"""Everything that brings a live tree back in place: `checkout`, `rollback`, `undo`, `recovery`, of one root or several,
by entries or as a whole. docs/format.md 14 is what is tested.

Before anything recovers, each live file that both states have is there, whole, as in one of them; after one more
command, itself killed at some of the points, the tree is in all its attributes the old one or the new one; and the old
one can be brought back. The same where the filesystem cannot exchange names (`fallback`), but for the names that are
absent for a moment."""
import difflib
import json
import os
import random
import re

import points
from outcome import STATUSES_OF, Operation, Outcome, did_not_start
from place import Place, require

NO_EXCHANGE = ("-e", "inject=renameat2:error=EINVAL")
# What the message of a failure must hold: a name, or what it was that there was not enough of.
NAMES = r"/|'[^']+'|not captured: \S.*: \S|out of memory|a thread|standard output"


def difference(state, now, name="old"):
    return list(difflib.unified_diff(state.splitlines(), now.splitlines(), name, "now", n=0))


class Switch(Outcome):
    """From one state of a live tree to another."""

    failures = Outcome.failures | {25}

    def __init__(self, old, new, back, exchanges=True):
        """old, new: places in those states; back: what brings the old one back, a list of words or a function
        that makes one of the newest safety snapshot's name."""
        super().__init__()
        self.old, self.new = old.attributes(), new.attributes()
        self.old_contents, self.new_contents = old.contents(), new.contents()
        self.back, self.exchanges = back, exchanges
        self.how = ["finish", "revert", "pin"]
        self.chance = random.Random(1)

    def begin(self, place):
        self.untouched = place.untouched()

    def is_whole(self, place):
        return place.attributes() in (self.old, self.new)

    def check_answer(self, place):
        require(place.attributes() == self.new, "success is said of less than all")

    def check_live(self, place):
        self.check_untouched(place)
        found = place.contents()
        for path in set(self.old_contents) & set(self.new_contents):
            if path not in found and not self.exchanges:
                continue
            require(found.get(path) in (self.old_contents[path], self.new_contents[path]),
                    f"{path} is {found.get(path)!r}")

    def check_untouched(self, place):
        require(place.untouched() == self.untouched, f"touched: {self.untouched} is {place.untouched()}")

    def check_failure(self, place, ran, injection):
        """Nothing is changed or all is, unless the message says that there is something to finish."""
        said, error, may_speak = ran.stderr.strip(), injection.error, injection.may_speak
        self.check_live(place)
        if did_not_start(ran):
            require(self.is_whole(place), "changed by a program that did not start")
            return
        require(ran.returncode in STATUSES_OF.get(error, set()) | self.failures,
                f"{error} ended by {ran.returncode}: {said}")
        require(said or not may_speak, f"{ran.returncode} without a word")
        require(self.is_whole(place) or "operations" in said or not may_speak,
                f"{ran.returncode}, half done and not said so: {said}")
        require(not may_speak or re.search(NAMES, said) or re.search(NAMES, ran.stdout), f"names nothing: {said}")

    def check_crash(self, place):
        self.check_live(place)
        self.ends["half"] += not self.is_whole(place)
        how = self.chance.choice(self.how)
        recover = ["pin", "-P", "live", "first"] if how == "pin" else ["operations", how]
        recover = ["--config", "settings.json", *recover]
        if self.chance.random() < 0.5:
            # Recovery may be killed anywhere, too.
            call = self.chance.choice(["renameat2", "unlinkat", "fsync", "rename", "write", "unlink"])
            place.run(recover, points.kill(call, self.chance.randint(1, 6)).strace(os.path.join(place.root, "trace")))
        # Two may recover at once, and neither does what the other has done.
        for again in place.run_at_once(recover, self.chance.choice((1, 1, 3))):
            require(again.returncode == 0, f"{recover}: {again.returncode} {again.stdout}{again.stderr}")
        self.check_done(place)

    def check_done(self, place, only_new=False):
        self.check_untouched(place)
        now = place.attributes()
        require(now == self.new or (now == self.old and not only_new),
                "neither old nor new:\n" + "\n".join(
                    min(difference(self.old, now), difference(self.new, now, "new"), key=len)))
        self.check_settled(place, "new" if now == self.new else "old")

    def check_settled(self, place, end):
        place.require_no_debris()
        place.require_nothing_open()
        place.require_sound()
        self.ends[end] += 1
        if end == "old":
            return
        # What was live before can be brought back.
        words = self.back
        if callable(words):
            listed = json.loads(place.run(["list", "--json", "--category", "auto-backup"]).stdout)["snapshots"]
            require(listed, "no auto-backup")
            words = words(listed[0]["name"])
        place.do(words)
        require(place.attributes() == self.old, "the old state does not come back")


def on_profile(*words):
    return ["--config", "settings.json", *words, "-P", "live"]


def checkout(name):
    return on_profile("checkout", name, "--delete", "-f")


def altered_place(program, base, name, whole=False, **options):
    """A live tree that differs in every way from its snapshot `first`."""
    place = Place(os.path.join(base, name), program)
    os.makedirs(place.root)
    place.make_live(**options)
    if not whole:
        place.add_excluded()
    place.write("home/live/lost/deep/file", "lost\n")
    os.link(os.path.join(place.live, "settings.json"), os.path.join(place.live, "lost", "linked"))
    place.write("home/live/becomes", "a file\n")
    place.do(place.snapshot("first"))
    first = place.copy(name + "-first")
    place.alter_live()
    return place, first


def operations(program, base):
    undo, redo = on_profile("rollback", "undo"), on_profile("rollback", "redo")
    to_first = on_profile("rollback", "to", "first")
    altered, first = altered_place(program, base, "altered")
    rolled = altered.after("rolled", to_first)
    require(rolled.attributes() == first.attributes(), "a rollback is not exact")
    hooks = ["--config", "settings.json", "recovery", "directory", "home/live/hooks", "first"]
    # As roots of one profile: two directories and a file, beside what is in none of them.
    several, _ = altered_place(program, base, "several", roots=({"path": "~/live/hooks", "mount": "hooks"},
                                                                {"path": "~/live/lost", "mount": "lost"},
                                                                {"path": "~/live/settings.json",
                                                                 "mount": "settings.json"}))
    release, released = altered_place(program, base, "release", whole=True,
                                      roots=({"path": "~/live", "switch": "directory"},))
    return {"checkout": Operation(altered, checkout("first"), Switch(altered, first, checkout)),
            "fallback": Operation(altered, checkout("first"), Switch(altered, first, checkout, exchanges=False),
                                  NO_EXCHANGE),
            "rollback": Operation(altered, to_first, Switch(altered, first, undo)),
            "undo": Operation(rolled, undo, Switch(rolled, rolled.after("undone", undo), redo)),
            "recovery": Operation(altered, hooks, Switch(altered, altered.after("recovered", hooks), undo)),
            "roots": Operation(several, to_first, Switch(several, several.after("several-done", to_first), undo)),
            "whole": Operation(release, to_first, Switch(release, released, undo))}
