#!/usr/bin/env python3
"""What `audit log` and `audit export` choose: by type, status, user, profile, version and time, and how many. The events
are git's own making, unsigned: who asks for some gets those, and hears what is to be thought of them. [S29]

  queries.py --program PATH [NAME...]
"""

import datetime
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import require, run_cases


def add_events(case, many):
    """Goes on with the chain by one commit for each of `many`, which are changes of the newest event."""
    last = json.loads(case.git("cat-file", "blob", "audit:event.json"))
    refs = case.git("log", "-1", "--format=%(trailers:key=Refs-SHA256,valueonly,separator=)", "audit").decode().strip()
    stream, parent = [], case.id_of("audit")
    for number, change in enumerate(many, last["sequence"] + 1):
        event = {**last, "sequence": number, "event_id": f"evt_{number:016x}", "refs": [], **change}
        seconds = int(datetime.datetime.fromisoformat(event["timestamp"][:19] + "+00:00").timestamp())
        text = json.dumps(event, sort_keys=True, separators=(",", ":")) + "\n"
        message = (f"{event['event_type']} it\n\nSequence: {number}\nEvent: {event['event_id']}\n"
                   f"Previous-SHA256: {'0' * 64}\nRefs-SHA256: {refs}\n")
        stream.append(f"commit refs/heads/audit\nmark :{number}\ncommitter x <x@x> {seconds} +0000\n"
                      f"data {len(message)}\n{message}\nfrom {parent}\n"
                      f"M 100644 inline event.json\ndata {len(text)}\n{text}\n")
        parent = f":{number}"
    case.git("fast-import", "--quiet", "--force", stdin="".join(stream).encode())


def asked(case, *words):
    """The numbers that `log` gives, newest first; `export` must give the same, oldest first."""
    events = json.loads(case.run("audit", "log", "--json", *words))["events"]
    exported = case.try_run("audit", "export", *words)
    numbers = [event["sequence"] for event in events]
    if "-n" not in words:
        lines = [json.loads(line)["sequence"] for line in exported.stdout.splitlines()]
        require(lines == sorted(numbers), f"{words}: log {numbers}, export {lines}")
    return numbers



def by_each_filter(case):
    shape = json.loads(case.git("cat-file", "blob", "audit~1:event.json"))
    require(shape["event_type"] == "SNAPSHOT", f"{shape}")
    one = shape["profiles"][0]
    add_events(case, [
        {"event_type": "UPDATE_FAILED", "status": "failed", "user": "alice", "timestamp": "2030-01-01T10:00:00.500000000Z",
         "profiles": [{**one, "profile": "other", "version_before": "v1", "version_after": "v2"}]},
        {"event_type": "RENAME", "user": "bob", "timestamp": "2030-01-02T10:00:00.000000000Z"},
        {"event_type": "TAG", "status": "failed", "user": "bob", "timestamp": "2030-01-03T10:00:00.000000000Z"}])
    for words, wanted in (
            (("--type", "UPDATE_FAILED"), [6]), (("--type", "rename", "--type", "TAG"), [8, 7]),
            (("--type", "INIT"), [1]), (("--status", "failed"), [8, 6]), (("--status", "success"), [7, 5, 4, 3, 2, 1]),
            (("--user", "alice"), [6]), (("--user", "bob"), [8, 7]), (("--user", "nobody"), []),
            (("-P", "other"), [6]), (("-P", "claude"), [8, 7, 5, 4, 3, 2]), (("--version", "v1"), [6]), (("--version", "v2"), [6]),
            (("--since", "2030-01-02"), [8, 7]), (("--since", "2030-01-02T10:00"), [8, 7]),
            (("--since", "2030-01-02T10:01"), [8]), (("--until", "2030-01-01"), [6, 5, 4, 3, 2, 1]),
            (("--since", "2030-01-01", "--until", "2030-01-02"), [7, 6]),
            (("--user", "bob", "--status", "failed"), [8]), (("-n", "2"), [8, 7]),
            (("-n", "1", "--user", "bob"), [8]), ((), [8, 7, 6, 5, 4, 3, 2, 1])):
        have = asked(case, *words)
        require(have == wanted, f"{words}: {have} and not {wanted}")
    # What an export takes with a limit are the oldest.
    exported = case.try_run("audit", "export", "-n", "2").stdout.splitlines()
    require([json.loads(line)["sequence"] for line in exported] == [1, 2], f"{exported}")


def a_thousand_unless_told(case):
    add_events(case, [{"event_type": "PIN"}] * 1001)
    have = json.loads(case.run("audit", "log", "--json"))["events"]
    require(len(have) == 1000 and have[0]["sequence"] == 1006, f"{len(have)}")
    require(len(case.try_run("audit", "export").stdout.splitlines()) == 1006, "an export without a limit is cut")
    require(len(case.run("audit", "log", "-n", "1003").splitlines()) == 1003, "a limit is not a limit")


def words_that_no_event_has(case):
    """An empty answer would say that nothing of the kind was done."""
    for option, word in (("--type", "NOPE"), ("--type", "SNAPSHOTS"), ("--status", "failure")):
        for command in ("log", "export"):
            ran = case.try_run("audit", command, option, word)
            require(ran.returncode == 2 and "write one of" in ran.stderr and not ran.stdout, f"{option} {word}: {ran}")
    require(case.run("audit", "log", "--status", "SUCCESS", "--type", "init").count("\n") == 1, "case counts")
    # Every type that the page of the format lists is known.
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs/format.md").read_text()
    rows = page.split("| event_type | refs it moves |")[1].split("\n\n")[0].splitlines()[2:]
    types = {word for row in rows for word in re.findall("`([A-Z_]+)`", row.split("|")[1])}
    require(len(types) > 20, f"{types}")
    for one in types:
        case.run("audit", "log", "--type", one)


CASES = [by_each_filter, a_thousand_unless_told, words_that_no_event_has]


if __name__ == "__main__":
    run_cases(CASES)
