#!/usr/bin/env python3
"""Prints `N passed, N failed` for a result file of ctest; exit status 1 if any failed.

A doctest program counts by its test cases, any other test as one. A test that said it cannot run here
(such as without the right to mount) is named and counts as neither.
Usage: count_results.py RESULTS.xml
"""

import re
import sys
import xml.etree.ElementTree

CASES = re.compile(r"\[doctest\] test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed")


def skipped_itself(test):
    """ctest has one status for this and for a program that could not be started; only the words differ."""
    return any((skipped.get("message") or "").startswith("SKIP_") for skipped in test.iter("skipped"))


def count(path):
    passed = failed = 0
    for test in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        status = test.get("status")
        if status == "disabled":
            continue
        if status == "notrun" and skipped_itself(test):
            print(f"skipped: {test.get('name')}")
            continue
        cases = CASES.findall(test.findtext("system-out") or "")
        good = sum(int(case[0]) for case in cases)
        bad = sum(int(case[1]) for case in cases)
        if status != "run" and bad == 0:
            bad = 1  # it crashed, hung or could not start, whatever it printed before
        elif status == "run" and not cases:
            good = 1
        passed += good
        failed += bad
    return passed, failed


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        passed, failed = count(sys.argv[1])
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        print(f"error: cannot read the results: {error}", file=sys.stderr)
        passed, failed = 0, 1
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
