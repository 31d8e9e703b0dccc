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


def words_that_name_nothing_are_no_event(case):
    before = case.id_of("audit")
    for words in (("pin", "nobody"), ("rollback", "to", "v9"), ("snapshot", "/no/such/path"), ("tag", "one")):
        require(case.try_run(*words).returncode in (2, 13), f"{words}")
    require(case.id_of("audit") == before, "an event of nothing")


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


def an_emergency(case):
    """It says that it began, of each snapshot that it passed over, and how it ended."""
    (case.live / "settings.json").write_text("lost\n")
    case.run("recovery", "emergency")
    types = [event["event_type"] for event in json.loads(case.run("audit", "log", "--json", "-n", "3"))["events"]]
    require(types == ["RECOVERY", "SNAPSHOT", "EMERGENCY_RECOVERY_INITIATED"], f"{types}")


def a_command_whose_rollback_has_no_event(case):
    """What is live then cannot be captured, so it stays; the command's own status and what to type are told."""
    live = case.live / "settings.json"
    lock = case.git_dir / "refs/heads/audit.lock"
    spoil = f"echo broken > '{live}'; touch '{lock}'; exit "
    ran = case.try_run("--lock-wait", "0", "run", "--rollback-on-failure", "--", "sh", "-c", spoil + "3")
    require(ran.returncode == 3, f"{ran.returncode} {ran.stderr}")
    for words in ("the command ended with status 3", "the rollback failed", "rollback to",
                  "the audit chain does not know of this"):
        require(words in ran.stderr, f"{words!r} is not in {ran.stderr}")
    lock.unlink()
    back = ran.stderr.split("repair the cause, then: stravinsky ")[1].split("\n")[0].split()
    case.run(*back)
    require("three" in live.read_text(), "what it says to type does not bring it back")
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
         words_that_name_nothing_are_no_event, a_command_that_is_run, a_recovery_that_fails, an_emergency, a_command_whose_rollback_has_no_event, nothing_without_its_event]


if __name__ == "__main__":
    run_cases(CASES)
