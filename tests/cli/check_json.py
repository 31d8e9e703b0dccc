#!/usr/bin/env python3
"""Reads one JSON document, or JSON lines with a summary at the end, and checks required members.

check-json document MEMBER…     one line; each member is there
check-json lines MEMBER…        every line an object with a type; the last is the summary
A MEMBER is `a`, `a.b`, `a[]` (a list), `a[].b` (in every item), or `a=JSON`. `snapshot:a` stands for
all members a snapshot object must have, at `a`.
"""

import json
import re
import sys

SNAPSHOT = ("name commit profile version class ref time description category tags pinned "
            "content_sha256 entries bytes losses derived_from").split()
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


def values(document, path):
    found = [document]
    for step in filter(None, re.split(r"\.|(\[\])", path)):
        if step == "[]":
            if not all(isinstance(value, list) for value in found):
                sys.exit(f"{path}: no list")
            found = [item for value in found for item in value]
        else:
            for value in found:
                if not isinstance(value, dict) or step not in value:
                    sys.exit(f"{path}: missing in {json.dumps(value)[:200]}")
            found = [value[step] for value in found]
    return found


def check(document, member):
    if member.startswith("snapshot:"):
        for snapshot in values(document, member.split(":", 1)[1]):
            missing = [name for name in SNAPSHOT if name not in snapshot]
            if missing:
                sys.exit(f"{member}: missing {missing}")
            if not TIME.fullmatch(snapshot["time"]):
                sys.exit(f"{member}: time {snapshot['time']}")
    elif "=" in member:
        path, wanted = member.split("=", 1)
        for value in values(document, path):
            if value != json.loads(wanted):
                sys.exit(f"{path}: {json.dumps(value)} is not {wanted}")
    else:
        values(document, member)


def main():
    kind, members = sys.argv[1], sys.argv[2:]
    text = sys.stdin.buffer.read().decode("utf-8")  # strict: our JSON is UTF-8
    lines = [json.loads(line) for line in text.splitlines()]
    if not lines or any(not isinstance(line, dict) for line in lines):
        sys.exit(f"not JSON objects: {text[:200]}")
    if any(line.get("schema") != 1 for line in lines):
        sys.exit("a line without schema 1")
    if kind == "document" and len(lines) != 1:
        sys.exit(f"{len(lines)} documents")
    if kind == "lines":
        types = [line.get("type") for line in lines]
        if types[-1] != "summary" or "summary" in types[:-1] or "exit_code" not in lines[-1]:
            sys.exit(f"types are {types}")
        if not set(types) <= {"progress", "item", "warning", "error", "summary"}:
            sys.exit(f"types are {types}")
    for member in members:
        check(lines[-1], member)
    print("ok")


if __name__ == "__main__":
    main()
