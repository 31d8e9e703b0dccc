"""Operations that change what only an event tells of: settings, keys, notes, the checkpoint. docs/format.md 11 and 17
are what is tested: the change is there if and only if its event is, and the next writing command sees to that.
"""

import json
import os
import subprocess

from outcome import Operation, Outcome
from place import Place, require

CONFIG = ["--config", "settings.json"]
NEXT = [*CONFIG, "mark-good", "-P", "live", "second"]


class Recorded(Outcome):
    """One such operation. `is_done(place)` looks for the change itself."""

    one_of = 4  # they are many and of one kind

    def __init__(self, place, event_type, is_done):
        super().__init__()
        self.event_type, self.is_done = event_type, is_done
        self.told_before = self.told(place)
        require(not is_done(place), f"{event_type}: done before it began")

    def told(self, place):
        return len([subject for subject in place.events() if subject.split(" ")[0] == self.event_type])

    def check_answer(self, place):
        require(self.is_done(place), "the answer says more than is done")

    def check_failure(self, place, ran, injection):
        require(ran.returncode > 0 and (ran.stderr.strip() or not injection.may_speak),
                f"{injection.error} ended by {ran.returncode}")

    def check_crash(self, place):
        place.do(NEXT)
        self.check_done(place)

    def check_done(self, place, only_new=False):
        done, told = self.is_done(place), self.told(place) - self.told_before
        require(told == int(done), f"{told} events tell of it, and it is {'' if done else 'not '}done")
        require(done or not only_new, "what was answered is lost")
        ours = os.path.join(place.git_dir, "stravinsky")
        left = os.listdir(os.path.join(ours, "tmp"))
        for directory in (os.path.join(ours, "pending"), place.root, place.store, keys_of(place)):
            if os.path.isdir(directory):
                left += [name for name in os.listdir(directory) if "op_" in name or ".new-" in name]
        left += place.ref_locks()
        require(not left, f"left behind: {left}")
        place.require_sound()
        self.ends["new" if done else "old"] += 1


def keys_of(place):
    return os.path.join(place.root, "home", ".config", "stravinsky", "keys")


def setting(place, file, *members):
    """What a file of settings says; it is there whole or not at all."""
    path = os.path.join(place.root, file)
    if not os.path.exists(path):
        return None
    with open(path) as opened:
        value = json.load(opened)
    for member in members:
        value = (value or {}).get(member)
    return value


def note(place, name, member):
    said = place.run(["show", "--json", f"live/{name}"])
    return json.loads(said.stdout)["snapshot"][member] if said.returncode == 0 else None


def fingerprint(path):
    return subprocess.run(["ssh-keygen", "-l", "-f", path], check=True, capture_output=True, text=True).stdout.split()[1]


def signs_with(place, file):
    """Both the settings and the chain name the key."""
    if setting(place, "settings.json", "signing", "key") != os.path.join(place.root, file):
        return False
    shown = json.loads(place.run([*CONFIG, "key", "show", "--json"]).stdout)["key"]
    require(shown["usable"] and shown["fingerprint"] == fingerprint(os.path.join(place.root, file)), f"{shown}")
    return True


def operations(program, base):
    place = Place(os.path.join(base, "told"), program)
    os.makedirs(place.root)
    place.make_live()
    for name in ("first", "second"):
        place.do(place.snapshot(name))
        place.change_live()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tester@new", "-f",
                    os.path.join(place.root, "newkey")], check=True)
    rotated = place.after("rotated", [*CONFIG, "key", "use", "newkey"])
    old = fingerprint(os.path.join(keys_of(rotated), "id_ed25519"))
    live = ["-P", "live"]

    def imported(at):
        return all(os.path.exists(os.path.join(keys_of(at), name)) for name in ("work", "work.pub"))

    table = {
        "settings": (place, ["config", "set", "backup.max_versions", "7"], "CONFIG",
                     lambda at: setting(at, "store/config.json", "backup", "max_versions") == 7),
        "settings-elsewhere": (place, [*CONFIG, "config", "set", "backup.max_versions", "7"], "CONFIG",
                               lambda at: setting(at, "settings.json", "backup", "max_versions") == 7),
        "profile": (place, [*CONFIG, "profile", "add", "other", "home/live/hooks"], "CONFIG",
                    lambda at: setting(at, "settings.json", "profiles", "other") is not None),
        "key": (place, [*CONFIG, "key", "use", "newkey"], "KEY_CHANGE", lambda at: signs_with(at, "newkey")),
        "key-import": (place, [*CONFIG, "key", "import", "newkey", "--name", "work"], "KEY_IMPORT", imported),
        "key-revoke": (rotated, [*CONFIG, "key", "revoke", old], "KEY_REVOKE",
                       lambda at: any(subject.startswith("KEY_REVOKE") for subject in at.events())),
        "describe": (place, [*CONFIG, "describe", *live, "second", "-m", "words"], "DESCRIBE",
                     lambda at: note(at, "second", "description") == "words"),
        "tag": (place, [*CONFIG, "tag", *live, "second", "k=v"], "TAG",
                lambda at: {"key": "k", "value": "v"} in note(at, "second", "tags")),
        "pin": (place, [*CONFIG, "pin", *live, "second"], "PIN", lambda at: note(at, "second", "pinned")),
        "rename": (place, [*CONFIG, "rename", *live, "first", "primus"], "RENAME",
                   lambda at: note(at, "primus", "name") == "primus"),
        "checkpoint": (place, ["-f", "audit", "checkpoint"], "CHECKPOINT",
                       lambda at: any(subject.startswith("CHECKPOINT") for subject in at.events())),
    }
    return {name: Operation(start, words, Recorded(start, event_type, is_done))
            for name, (start, words, event_type, is_done) in table.items()}
