#!/usr/bin/env python3
"""`audit restore-refs` brings refs back to where they stood after an event: a plan first, one audited operation with
-f, and what cannot come back is named. Plain git is the judge. [S05]

  restore_refs.py --program PATH
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import require, run_cases

ONE, TWO = "refs/tags/claude/one", "refs/tags/claude/two"


def refs(case):
    text = case.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", "refs/stravinsky")
    found = dict(line.split() for line in text.decode().splitlines())
    del found["refs/heads/audit"]
    return found


def last(case):
    return json.loads(case.run("audit", "log", "-n", "1", "--json"))["events"][0]


def a_plan_changes_nothing(case):
    case.git("update-ref", "-d", ONE)
    before = refs(case), case.id_of("audit")
    said = case.run("audit", "restore-refs", "latest")
    require(said.startswith("Plan: ") and "audit restore-refs latest -f" in said and ONE in said, said)
    require((refs(case), case.id_of("audit")) == before, "the plan changed something")


def what_was_moved_behind_our_back(case):
    whole = refs(case)
    case.git("update-ref", "-d", ONE)
    case.git("update-ref", TWO, whole[ONE])
    case.git("update-ref", "refs/heads/claude", "refs/heads/claude~1")
    case.git("update-ref", "refs/tags/claude/stranger", whole[ONE])
    said = case.run("-f", "audit", "restore-refs", "latest")
    require("Brought back 3 refs" in said and "stranger" in said, said)
    require(refs(case) == {**whole, "refs/tags/claude/stranger": whole[ONE]}, f"{refs(case)}")
    # What nobody made through us goes only by name.
    case.run("-f", "audit", "restore-refs", "latest", "refs/tags/claude/stranger")
    require(refs(case) == whole, f"{refs(case)}")
    event = last(case)
    require(event["event_type"] == "RESTORE_REFS" and event["signature"]["good"], f"{event}")
    require(case.verify()[0] == 0, "the chain does not hold")


def a_renamed_snapshot(case):
    case.run("rename", "one", "first")
    case.run("-f", "audit", "restore-refs", "5", "claude/one", "claude/first")
    require(ONE in refs(case) and "refs/tags/claude/first" not in refs(case), f"{refs(case)}")
    require(last(case)["restored_from"] == 5, f"{last(case)}")
    require(case.verify()[0] == 0, "the chain does not hold")


def newer_snapshots_stay(case):
    whole = refs(case)
    plan = json.loads(case.run("audit", "restore-refs", "2", "--json"))
    require(plan["dry_run"] and not plan["moves"], f"{plan}")
    require("refs/tags/claude/three" in {ref["ref"] for ref in plan["left"]}, f"{plan}")
    case.run("-f", "audit", "restore-refs", "2")
    require(refs(case) == whole, "newer refs went")


def what_is_kept_no_more(case):
    """The chain remembers a ref to a commit that is not there."""
    events = case.events()
    def change(event):
        for move in event["refs"]:
            if move["ref"] == ONE:
                move["new"] = "1234" * 10
    events[1] = case.with_event(events[1], change)
    case.resign(events)
    ran = case.try_run("audit", "restore-refs", "latest", "claude/one", "--json")
    plan = json.loads(ran.stdout.splitlines()[-1])
    require(ran.returncode == 3 and [ref["ref"] for ref in plan["missing"]] == [ONE] and not plan["moves"],
            f"{ran.returncode} {plan}")


def names_that_nobody_has(case):
    for force in ((), ("-f",)):
        refused = case.try_run(*force, "audit", "restore-refs", "4", "claude/thre")
        require(refused.returncode == 13 and "claude/three" in refused.stderr, f"{refused.returncode} {refused.stderr}")


def refusals(case):
    require(case.try_run("audit", "restore-refs", "latest", "refs/heads/audit").returncode == 2, "moves the chain")
    require(case.try_run("audit", "restore-refs", "latest", "nonsense").returncode == 2, "takes any word")
    require(case.try_run("audit", "restore-refs", "99").returncode == 13, "takes any event")
    # An event that nobody trusted vouches for nothing.
    forged = case.with_event(case.events()[-1], lambda event: event.update(user="mallory"))
    case.git("update-ref", "refs/heads/audit", case.put("commit", forged))
    require(case.try_run("-f", "audit", "restore-refs", "5", "claude/one").returncode == 15, "believes a forged event")


CASES = [a_plan_changes_nothing, what_was_moved_behind_our_back, a_renamed_snapshot, newer_snapshots_stay,
         what_is_kept_no_more, names_that_nobody_has, refusals]


if __name__ == "__main__":
    run_cases(CASES)
