"""`init`, and snapshots into a store that is new, filled, or due to be folded."""
import json
import os

from outcome import STATUSES_OF, Operation, Outcome, did_not_start
from place import Place, require

NEW = "refs/tags/live/new"


class Taken(Outcome):
    """The snapshot `new`: ref, snapshot and event are there together or not at all, and what was there before still
    is."""

    def begin(self, place):
        self.older = place.tags() if place.has_store() else {}

    def check_answer(self, place):
        require(NEW in place.tags(), "0 and no snapshot")

    def check_fault(self, place, ran, injection):
        said = ran.stderr.strip()
        if not did_not_start(ran):
            expected = STATUSES_OF.get(injection.error, set()) | self.failures | {0, 3}
            require(ran.returncode in expected, f"{injection.error} ended by {ran.returncode}: {said}")
        require(ran.returncode == 0 or said or not injection.may_speak, f"{ran.returncode} without a word")
        if ran.returncode in (0, 3):
            self.check_captured(place, ran)
        self.check_crash(place)

    def check_captured(self, place, ran):
        said = ran.stderr.strip()
        # With its event a snapshot is there; a ref that could not be moved then is said so.
        require(NEW in place.tags() or "the next writing command finishes it" in said,
                f"{ran.returncode} and no snapshot")
        out = os.path.join(place.root, "out")
        place.do(["checkout", "live/new", "--to", out])
        missing = set(place.contents().items()) - set(place.contents(out).items())
        require(not missing or (ran.returncode == 3 and "not captured" in said),
                f"{ran.returncode} and without {[path for path, _ in missing]}: {said}")

    def check_crash(self, place):
        if place.has_store():
            self.check_listed(place)
        place.do(place.snapshot("after"))
        tags = place.tags()
        for ref, commit in self.older.items():
            require(tags.get(ref) == commit, f"{ref} is {tags.get(ref)}, was {commit}")
        events = [e.split(" ")[1] for e in place.events() if e.startswith("SNAPSHOT")]
        require(sorted("refs/tags/" + e for e in events) == sorted(tags), f"events {events}, tags {tags}")
        place.require_readable_by_git()
        head = place.git("rev-parse", "refs/stravinsky/current/live", "refs/tags/live/after").stdout.split()
        require(len(set(head)) == 1, f"current is {head}")
        require(place.git("verify-commit", "refs/tags/live/after", "refs/heads/audit").returncode == 0,
                "a signature does not hold")
        place.require_no_debris()
        locks = place.ref_locks()
        packs = os.listdir(os.path.join(place.git_dir, "objects", "pack"))
        require(not locks, f"left behind: {locks}")
        require(not os.path.exists(os.path.join(place.store, "store.git.new")), "store.git.new is left")
        require(all(p.endswith((".pack", ".idx")) for p in packs), f"in objects/pack: {packs}")

    def check_listed(self, place):
        """What is seen before any command has written."""
        listed = place.run(["list", "--json"])
        require(listed.returncode == 0, f"list: {listed.returncode} {listed.stderr}")
        seen = {s["ref"]: s["commit"] for s in json.loads(listed.stdout)["snapshots"]}
        for ref, commit in self.older.items():
            require(seen.get(ref) == commit, f"{ref} is {seen.get(ref)}, was {commit}")
        new = set(seen) - set(self.older)
        require(new <= {NEW}, f"unexpected: {new}")
        events = [e for e in place.events() if e.startswith("SNAPSHOT")]
        require(len(events) == len(seen), f"{len(events)} events, {len(seen)} snapshots")

    def check_done(self, place, only_new=False):
        self.check_crash(place)

    def answered(self, place):
        self.begin(place)

    def check_survived(self, place):
        # The ref itself may wait for the next command; its event does not.
        self.check_crash(place)


class Made(Taken):
    """A store: there whole or not at all."""

    def check_answer(self, place):
        require(place.has_store(), "0 and no store")

    def check_captured(self, place, ran):
        require(ran.returncode == 0, f"ended by {ran.returncode}: {ran.stderr}")
        self.check_answer(place)

    def check_survived(self, place):
        self.check_answer(place)
        self.check_crash(place)


def operations(program, base):
    """From no store, from one with two snapshots, and from one whose next snapshot makes so many packs that they are
    folded."""
    empty = Place(os.path.join(base, "empty"), program)
    os.makedirs(empty.root)
    empty.make_live()
    filled = empty.copy("filled")
    for name in ("first", "second"):
        filled.do(filled.snapshot(name))
    filled.change_live()
    many = empty.copy("many")
    for number in range(6):
        many.do(many.snapshot(f"old-{number}"))
    require(many.packs() == 7, f"{many.packs()} packs before folding")
    folded = many.after("folded", many.snapshot("new"))
    require(folded.packs() == 1, f"{folded.packs()} packs: nothing was folded")
    return {"init": Operation(empty, ["init"], Made()),
            "first": Operation(empty, empty.snapshot("new"), Taken()),
            "snapshot": Operation(filled, filled.snapshot("new"), Taken()),
            "fold": Operation(many, many.snapshot("new"), Taken())}
