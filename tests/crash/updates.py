"""A release over another one, with edits of the user's in the same files: one that passes its checks, and one that does
not and is rolled back."""
import json
import os

from in_place import Switch, difference
from outcome import Operation
from place import Place, require

ENDS = ("UPDATE_SUCCESS", "AUTO_ROLLBACK_SUCCESS", "AUTO_ROLLBACK_FAILED")
UNDATED = ("time",)  # files that come are dated when they come


class Updated(Switch):
    """The user ends on what was there before, in all its attributes, or on the new version, and every update that the
    chain says has begun it also says has ended."""

    failures = Switch.failures | {20, 21}

    def __init__(self, old, new, back, fails=False):
        super().__init__(old, new, back)
        self.new = new.attributes(UNDATED)
        self.fails = fails
        self.expected = 21 if fails else 0
        self.how = ["revert", "pin"] if fails else ["finish", "revert", "pin"]

    def events(self, place):
        said = place.run(["audit", "log", "--json", "-n", "1000"])
        require(said.returncode == 0, f"audit log: {said.stderr}")
        return list(reversed(json.loads(said.stdout)["events"]))

    def is_whole(self, place):
        return place.attributes() == self.old or self.is_new(place)

    def is_new(self, place):
        return place.attributes(UNDATED) == self.new

    def check_answer(self, place):
        require(place.attributes() == self.old if self.fails else self.is_new(place),
                "the answer says more than is done")

    def check_done(self, place, only_new=False):
        now = place.attributes()
        is_old, is_new = now == self.old, self.is_new(place)
        events = self.events(place)
        failed_twice = any(e["event_type"] == "AUTO_ROLLBACK_FAILED" for e in events)
        if self.fails and not failed_twice:
            require(is_old, "not what was there before:\n" + "\n".join(difference(self.old, now)))
        require(is_old or is_new, "neither old nor new")
        self.check_told(events)
        version = json.loads(place.run(["show", "current", "--json", "-P", "live"]).stdout)["snapshot"]["version"]
        require(version == ("0.4.0" if is_old else "0.4.1"), f"version {version}")
        self.check_settled(place, "old" if is_old else "new")

    def check_told(self, events):
        begun = {}
        for event in events:
            kind, update = event["event_type"], event.get("update")
            if kind == "UPDATE_START":
                require(not begun, "an update begins before the one before has ended")
                begun[update] = True
            elif kind in ENDS or (kind == "UPDATE_FAILED" and event.get("action") == "NONE"):
                require(begun.pop(update, None), f"{kind} of no update that has begun")
        require(not begun, f"never ended: {begun}")


def update(version, check):
    return ["--config", "settings.json", "update", version, "--from", "release-" + version, "-P", "live",
            "--check", check]


def operations(program, base):
    place = Place(os.path.join(base, "updatable"), program)
    os.makedirs(place.live)
    place.write_settings()
    place.add_excluded()
    for version in ("0.4.0", "0.4.1"):
        top = "release-" + version
        place.write(f"{top}/settings.json", '{\n  "a": "%s",\n  "b": 1\n}\n' % version, 0o644)
        for i in range(4):
            place.write(f"{top}/hooks/hook{i}.sh", f"#!/bin/sh\necho {version if i < 2 else i}\n", 0o755)
    place.write("release-0.4.0/gone/below/file", "gone\n", 0o644)
    place.write("release-0.4.1/new/below/file", "new\n", 0o644)
    place.do(update("0.4.0", "true"))
    place.do(place.snapshot("first"))
    place.write("home/live/settings.json", '{\n  "a": "0.4.0",\n  "b": 1,\n  "mine": true\n}\n', 0o644)
    place.write("home/live/hooks/own.sh", "#!/bin/sh\necho own\n", 0o644)
    after = place.after("updated", update("0.4.1", "true"))
    undo = ["--config", "settings.json", "rollback", "undo", "-P", "live"]
    return {"update": Operation(place, update("0.4.1", "true"), Updated(place, after, undo)),
            "update-failing": Operation(place, update("0.4.1", "false"), Updated(place, after, undo, fails=True))}
