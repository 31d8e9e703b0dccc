#!/usr/bin/env python3
"""Every command that changes something leaves an event, also when it fails or is refused; and where no event can be
written, nothing is changed. [S28] [P12]

  failures.py --program PATH
"""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import require, run_cases


def newest(case):
    return json.loads(case.run("audit", "log", "-n", "1", "--json"))["events"][0]


def every_command_has_its_type(case):
    done = [("SNAPSHOT", ("snapshot", "--name", "four")), ("DESCRIBE", ("describe", "one", "-m", "words")),
            ("TAG", ("tag", "one", "k=v")), ("PIN", ("pin", "two")), ("UNPIN", ("unpin", "two")),
            ("RENAME", ("rename", "two", "second")), ("CHECKOUT", ("-f", "checkout", "one")),
            ("MANUAL_ROLLBACK", ("rollback", "to", "three")), ("UNDO", ("rollback", "undo")),
            ("REDO", ("rollback", "redo")), ("CONFIG", ("config", "set", "backup.max_versions", "7")),
            ("CONFIG", ("profile", "add", "other", str(case.home))), ("CONFIG", ("profile", "remove", "other")),
            ("CHECKPOINT", ("-f", "audit", "checkpoint"))]
    (case.live / "settings.json").write_text("{}\n")
    for event_type, words in done:
        case.run(*words)
        event = newest(case)
        require((event["event_type"], event["status"]) == (event_type, "success"), f"{words}: {event}")
    require(case.verify()[0] == 0, "the chain does not hold")


def a_setting_tells_before_and_after(case):
    case.run("config", "set", "backup.max_versions", "7")
    case.run("config", "set", "backup.max_versions", "9")
    event = newest(case)
    require((event["key"], event["setting_before"], event["setting_after"]) == ("backup.max_versions", 7, 9),
            f"{event}")


def a_refusal(case):
    """A name that was given already."""
    refused = case.try_run("rename", "one", "two")
    require(refused.returncode == 1, f"{refused.returncode}")
    event = newest(case)
    require((event["event_type"], event["status"]) == ("RENAME", "failed"), f"{event}")
    require("another snapshot's" in event["error"] and event["subject"] == "claude/one", f"{event}")
    require(case.verify()[0] == 0, "the chain does not hold")


def a_name_of_a_snapshot_taken(case):
    refused = case.try_run("snapshot", "--name", "one")
    require(refused.returncode != 0, "a name twice")
    event = newest(case)
    require((event["event_type"], event["status"]) == ("SNAPSHOT", "failed"), f"{event}")


def what_was_tried(case, expected, words, status):
    """One event more, failed, with the reason that the command gives. @returns it"""
    count = len(case.events())
    refused = case.try_run(*words)
    require(refused.returncode == status, f"{words}: {refused.returncode} {refused.stderr}")
    require(len(case.events()) == count + 1, f"{words}: {len(case.events()) - count} events")
    event = newest(case)
    require((event["event_type"], event["status"]) == (expected, "failed"), f"{words}: {event}")
    require(event["error"] and not event["refs"], f"{words}: {event}")
    return event


def every_command_that_fails_has_its_event(case):
    """Once it has reached the store: words that name nothing, keys that cannot be read, what nobody confirmed."""
    old, open_key, missing = case.key, case.new_key("open"), str(case.top / "nothing")
    open_key.chmod(0o644)
    tried = [("PIN", ("pin", "nobody"), 13), ("UNPIN", ("unpin", "nobody"), 13), ("TAG", ("tag", "nobody", "k=v"), 13),
             ("DESCRIBE", ("describe", "nobody", "-m", "x"), 13), ("RENAME", ("rename", "nobody", "x"), 13),
             ("RENAME", ("rename", "one", "latest"), 2), ("MARK_GOOD", ("mark-good", "nobody"), 13),
             ("MANUAL_ROLLBACK", ("rollback", "to", "v9"), 13), ("UNDO", ("rollback", "undo"), 13),
             ("REDO", ("rollback", "redo"), 13), ("CHECKOUT", ("-f", "checkout", "nobody"), 13),
             ("CHECKOUT", ("-f", "checkout", "one", "no/such/path"), 13),
             ("RECOVERY", ("recovery", "file", "no-such-file"), 13), ("SNAPSHOT", ("snapshot", "/no/such/path"), 13),
             ("UPDATE_BLOCKED", ("update", "9", "--from", missing), 13),
             ("CONFIG", ("config", "set", "no.such.key", "1"), 13),
             ("CONFIG", ("config", "set", "backup.max_versions", "many"), 2),
             ("CONFIG", ("config", "set", "signing.key", missing), 2),
             ("CONFIG", ("profile", "add", "other", missing), 13), ("CONFIG", ("profile", "remove", "other"), 13),
             ("KEY_IMPORT", ("key", "import", missing), 12), ("KEY_IMPORT", ("key", "import", str(open_key)), 12),
             ("KEY_IMPORT", ("key", "import", str(old)), 1), ("KEY_CHANGE", ("key", "use", missing), 12),
             ("KEY_CHANGE", ("key", "use", str(open_key)), 12), ("KEY_REVOKE", ("key", "revoke", "SHA256:none"), 13),
             ("RESTORE_REFS", ("-f", "audit", "restore-refs", "99"), 13),
             ("RUN", ("run", "--", missing), 127)]
    for expected, words, status in tried:
        what_was_tried(case, expected, words, status)
    require(case.verify()[0] == 0, "the chain does not hold")


def what_nobody_confirmed(case):
    case.run("config", "set", "safety.require_manual_confirmation_for_rollback", "true")
    for expected, words in (("MANUAL_ROLLBACK", ("rollback", "to", "one")), ("UNDO", ("rollback", "undo")),
                            ("UPDATE_BLOCKED", ("update", "9", "--from", "one"))):
        event = what_was_tried(case, expected, words, 24)
        require("nobody confirmed" in event["error"], f"{event}")


def what_never_reached_the_store(case):
    """Wrong usage, settings that cannot be read, no store, a locked one, one whose key is gone; and whoever reads."""
    before = case.id_of("audit")
    for words, status in ((("tag", "one"), 2), (("pin",), 2), (("rename", "one"), 2), (("run", "--"), 2),
                          (("checkout", "one", "--overwrite", "never"), 2), (("show", "nobody"), 13),
                          (("cat", "one:nothing"), 13), (("checkout", "nobody", "--to", str(case.top / "out")), 13),
                          (("-n", "rollback", "to", "nobody"), 2), (("rollback", "to", "nobody", "-n"), 13),
                          (("verify", "nobody"), 13), (("audit", "show", "99"), 13),
                          (("recovery", "emergency", "-n"), 0), (("--store", str(case.top / "none"), "pin", "one"), 10)):
        ran = case.try_run(*words)
        require(ran.returncode == status, f"{words}: {ran.returncode} {ran.stderr}")
    (case.store / "config.json").write_text("{")
    require(case.try_run("pin", "two").returncode == 2, "settings that cannot be read")
    (case.store / "config.json").unlink()
    key = case.key.read_bytes()
    case.key.unlink()
    require(case.try_run("pin", "two").returncode == 12, "without a key")
    case.key.write_bytes(key)
    case.key.chmod(0o600)
    require(case.id_of("audit") == before, "an event of nothing")
    case.run("pin", "two")


def a_command_that_is_run(case):
    live = case.live / "settings.json"
    for script, status in ((f"echo run > '{live}'", 0), ("true", 0), (f"echo again > '{live}'; exit 3", 3)):
        require(case.try_run("run", "--", "sh", "-c", script).returncode == status, script)
        event = newest(case)
        require((event["event_type"], event["exit_status"]) == ("RUN", status), f"{event}")
        require(event["status"] == ("success" if status == 0 else "failed") and not event["refs"], f"{event}")
        side = event["profiles"][0]
        live_now = case.id_of("refs/stravinsky/current/claude")
        require(side["after"] == live_now and (side["before"] == live_now) == (script == "true"), f"{side}")
    ran = case.try_run("run", "--rollback-on-failure", "--", "sh", "-c", f"echo bad > '{live}'; exit 5")
    require(ran.returncode == 5 and live.read_text() == "again\n", ran.stderr)
    event = newest(case)
    require((event["event_type"], event["exit_status"], event["rolled_back"]) == ("RUN", 5, True), f"{event}")
    require(event["profiles"][0]["after"] == event["profiles"][0]["before"], f"{event}")
    ran = case.try_run("run", "--check", "false", "--", "true")
    require(ran.returncode == 125 and "false" in newest(case)["failed_checks"][0], f"{newest(case)}")
    require(case.verify()[0] == 0, "the chain does not hold")


def a_recovery_that_fails(case):
    """Every writing command tries it; one event says so."""
    case.environment["STRAVINSKY_RECOVERY_RECOVERY_RETRY_DELAY_SECONDS"] = "0"
    journal = case.git_dir / "stravinsky/journal/op_0123456789abcdef"
    journal.parent.mkdir()
    journal.write_text("torn")
    case.run("pin", "two")
    case.run("unpin", "two")
    events = json.loads(case.run("audit", "log", "--json", "-n", "4"))["events"]
    require([event["event_type"] for event in events] == ["UNPIN", "PIN", "RECOVERY_ATTEMPT", "PIN"], f"{events}")
    require(events[2]["interrupted"] == journal.name and events[2]["status"] == "failed", f"{events[2]}")
    require(journal.exists(), "what nobody could read is gone")
    journal.unlink()
    journal.parent.rmdir()
    journal.parent.write_text("no directory")
    ran = case.try_run("operations", "revert")
    require(ran.returncode == 1 and str(journal.parent) in ran.stderr, f"{ran.returncode} {ran.stderr}")
    journal.parent.unlink()
    event = newest(case)
    require((event["event_type"], event["status"], event["subject"]) == ("RECOVERY_ATTEMPT", "failed", "revert"), f"{event}")
    require(str(journal.parent) in event["error"], f"{event}")


def an_emergency(case):
    """It says that it began, of each snapshot that it passed over, and how it ended."""
    (case.live / "settings.json").write_text("lost\n")
    case.run("recovery", "emergency")
    types = [event["event_type"] for event in json.loads(case.run("audit", "log", "--json", "-n", "3"))["events"]]
    require(types == ["RECOVERY", "SNAPSHOT", "EMERGENCY_RECOVERY_INITIATED"], f"{types}")


def a_command_whose_rollback_has_no_event(case):
    """It proceeds and says so; what it replaced is in the store, and the next writing command tells of both."""
    live = case.live / "settings.json"
    before = live.read_text()
    lock = case.git_dir / "refs/heads/audit.lock"
    spoil = f"echo broken > '{live}'; touch '{lock}'; exit "
    count = len(case.events())
    ran = case.try_run("--lock-wait", "0", "run", "--rollback-on-failure", "--", "sh", "-c", spoil + "3")
    require(ran.returncode == 3, f"{ran.returncode} {ran.stderr}")
    require(live.read_text() == before, f"not rolled back: {ran.stderr}")
    for words in ("is kept as commit", "does not tell of it yet", "the next writing command records it"):
        require(words in ran.stderr, f"{words!r} is not in {ran.stderr}")
    require(len(case.events()) == count, "an event in spite of the lock")
    lock.unlink()
    case.run("pin", "two")
    events = json.loads(case.run("audit", "log", "--json", "-n", "3"))["events"]
    told = [(event["event_type"], event["status"]) for event in events]
    require(told == [("PIN", "success"), ("AUTO_ROLLBACK_SUCCESS", "success"), ("SNAPSHOT", "success")], f"{told}")
    kept = events[2]["profiles"][0]["after"]
    require(events[1]["profiles"][0]["before"] == kept and kept in ran.stderr, f"{events}")
    require(case.run("cat", f"{kept}:settings.json") == "broken\n", "what was live is lost")
    require(case.verify()[0] == 0, "the chain does not hold")
    case.run("verify", "--read-data")
    case.run("rollback", "undo")
    require(live.read_text() == "broken\n", "an undo does not bring it back")
    case.run("rollback", "redo")
    require(live.read_text() == before, "nor a redo what was before")
    require(not list(case.home.rglob(".stravinsky-*")), "a stage is left")
    # Without a rollback it is the snapshot behind the command that cannot be made.
    ran = case.try_run("--lock-wait", "0", "run", "--", "sh", "-c", spoil + "4")
    require(ran.returncode == 4 and "is in no snapshot" in ran.stderr, f"{ran.returncode} {ran.stderr}")
    lock.unlink()
    ran = case.try_run("--lock-wait", "0", "run", "--", "sh", "-c", spoil.replace("broken", "again") + "0")
    require(ran.returncode == 125 and "is in no snapshot" in ran.stderr, f"{ran.returncode} {ran.stderr}")
    lock.unlink()
    require(case.verify()[0] == 0, "the chain does not hold")


def nothing_without_its_event(case):
    """git's own lock on the chain's ref is held: no event can be written, so nothing is done."""
    lock = case.git_dir / "refs/heads/audit.lock"
    lock.write_text("")
    before, config = case.git("for-each-ref"), case.store / "config.json"
    for words in (("pin", "two"), ("snapshot", "--name", "five"), ("config", "set", "backup.max_versions", "3")):
        refused = case.try_run("--lock-wait", "0.2", *words)
        require(refused.returncode == 11, f"{words}: {refused.returncode} {refused.stderr}")
        require("the audit chain does not know of this" in refused.stderr, refused.stderr)
    require(case.git("for-each-ref") == before and not config.exists(), "something was done")
    lock.unlink()
    case.run("pin", "two")
    require(case.verify()[0] == 0, "the chain does not hold")


def nothing_live_without_its_event(case):
    """The same lock, and live files that would have to be taken back: they are never touched, nothing is left behind,
    and no later command does what was refused."""
    lock = case.git_dir / "refs/heads/audit.lock"
    for content in (None, "not captured\n"):
        if content:
            (case.live / "settings.json").write_text(content)
        live = (case.live / "settings.json").read_text()
        for words in (("rollback", "to", "one"), ("-f", "checkout", "one"), ("recovery", "file", "settings.json", "one")):
            lock.write_text("")
            refused = case.try_run("--lock-wait", "0.2", *words)
            require(refused.returncode == 11 and str(lock) in refused.stderr, f"{words}: {refused.stderr}")
            require("the audit chain does not know of this" in refused.stderr, refused.stderr)
            left = [path.name for path in case.home.rglob(".stravinsky-*")]
            journal = case.git_dir / "stravinsky/journal"
            require(not left and not (journal.exists() and list(journal.iterdir())), f"{words}: {left}")
            lock.unlink()
            case.run("pin", "two")
            require((case.live / "settings.json").read_text() == live, f"{words}: done after all")
    case.run("rollback", "to", "one")
    require(case.verify()[0] == 0, "the chain does not hold")


def nobody_heard_of_it(case):
    """What was done stays done in the chain, too, when its answer could not be written."""
    for words in (("snapshot", "--name", "unheard"), ("rollback", "to", "one")):
        with open("/dev/full", "w", encoding="ascii") as full:
            ran = subprocess.run([case.program, *words], env=case.environment, cwd=case.home, stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False)
        require(ran.returncode != 0, f"{words}: {ran.stderr}")
        event = newest(case)
        require(event["status"] == "success", f"{words}: {event}")


def refused_by_a_hook(case):
    (case.store / "config.json").write_text(json.dumps({"profiles": {"claude": {
        "roots": [{"path": "~/.claude"}], "hooks": {"before-snapshot": ["false"]}}}}))
    refused = case.try_run("snapshot", "--name", "five")
    require(refused.returncode == 20, f"{refused.returncode} {refused.stderr}")
    event = newest(case)
    require((event["event_type"], event["status"]) == ("SNAPSHOT", "failed"), f"{event}")


CASES = [nobody_heard_of_it, refused_by_a_hook, every_command_has_its_type, a_setting_tells_before_and_after, a_refusal, a_name_of_a_snapshot_taken,
         every_command_that_fails_has_its_event, what_nobody_confirmed, what_never_reached_the_store,
         a_command_that_is_run, a_recovery_that_fails, an_emergency, a_command_whose_rollback_has_no_event, nothing_without_its_event,
         nothing_live_without_its_event]


if __name__ == "__main__":
    run_cases(CASES)
