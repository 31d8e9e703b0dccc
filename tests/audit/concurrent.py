#!/usr/bin/env python3
"""Eight processes write to one store at a time: the chain stays one line without a gap, and every operation that
succeeded is in it, once. [S05]

  concurrent.py --program PATH [--rounds N]
"""

import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import plain_git
from audit_case import Case, trailer

PROCESSES = 8


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()
    case = Case(arguments.program, snapshots=("one",))
    problems = []
    try:
        script = ('for n in $(seq "$2"); do '
                  '"$1" -q --lock-wait 120 tag one "worker$3=$n" >/dev/null && echo "$3 $n"; done')
        workers = [subprocess.Popen(["sh", "-c", script, "sh", case.program, str(arguments.rounds), str(number)],
                                    env=case.environment, cwd=case.home, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for number in range(PROCESSES)]
        # Whoever verifies meanwhile sees one state or the next, never half of two.
        verified = 0
        while any(worker.poll() is None for worker in workers):
            status, report = case.verify()
            verified += 1
            if status != 0:
                problems.append(f"audit verify beside writers: {report}")
                break
        done = 0
        for worker in workers:
            out, said = worker.communicate()
            done += len(out.splitlines())
            if said:
                problems.append(f"a worker said: {said}")
        events = case.events()
        numbers = [int(trailer(event, "Sequence")) for event in events]
        if numbers != list(range(1, len(events) + 1)):
            problems.append(f"the numbers are {numbers}")
        if done != PROCESSES * arguments.rounds:
            problems.append(f"only {done} operations succeeded")
        tagged = [one for one in json.loads(case.run("audit", "log", "--json"))["events"]
                  if one["event_type"] == "TAG"]
        if len(tagged) != done or len({one["event_id"] for one in tagged}) != done:
            problems.append(f"{done} operations succeeded, {len(tagged)} are in the chain")
        merges = case.git("rev-list", "--min-parents=2", "audit").decode().split()
        if merges:
            problems.append(f"not one line: {merges}")
        status, report = case.verify()
        if status != 0:
            problems.append(f"audit verify: {report}")
        # What the last one of each wrote is there: nobody's change was overwritten by another's.
        tags = {tag["key"]: tag["value"] for tag in json.loads(case.run("show", "one", "--json"))["snapshot"]["tags"]}
        wanted = {f"worker{number}": str(arguments.rounds) for number in range(PROCESSES)}
        if tags != wanted:
            problems.append(f"the tags are {tags}")
        problems += plain_git.find_broken(str(case.git_dir))
    finally:
        case.close()
    print(*problems, f"{len(events)} events by {PROCESSES} processes, verified {verified} times meanwhile", sep="\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
