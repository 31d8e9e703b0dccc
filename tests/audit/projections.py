#!/usr/bin/env python3
"""`audit/operations.log` and `audit/audit.db` follow the chain and are never believed: missing, stale, damaged and
edited ones are noticed by the next writer and made anew. [S05] [S29]

  projections.py --program PATH [NAME...]
"""

import json
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import require, run_cases


def log(case):
    return case.store / "audit/operations.log"


def database(case):
    return case.store / "audit/audit.db"


def chain(case):
    """Numbers and ids as plain git has them."""
    ids = case.git("rev-list", "--reverse", "audit").decode().split()
    return [(number, commit) for number, commit in enumerate(ids, 1)]


def rows(case, sql="SELECT sequence, \"commit\" FROM events ORDER BY sequence"):
    with sqlite3.connect(f"file:{database(case)}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchall()


def lines(case):
    return [(event["sequence"], event["commit"]) for event in map(json.loads, log(case).read_text().splitlines())]


def follows(case):
    require(rows(case) == chain(case), f"the index has {rows(case)}")
    require(lines(case) == chain(case), f"the log has {lines(case)}")


def write(case):
    """One more event. What is said of the projections."""
    number = len(chain(case))
    return case.try_run("unpin" if number % 2 else "pin", "one").stderr


def is_told(said, name, how):
    require(f"audit/{name} {how}" in said, f"said: {said!r}")


def fields(case):
    follows(case)
    events = json.loads(case.run("audit", "log", "--json"))["events"]
    for row in rows(case, "SELECT sequence, event_id, timestamp, event_type, status, version, previous_version, user, "
                          "hostname, tool_version, json FROM events"):
        event = next(one for one in events if one["sequence"] == row[0])
        wanted = (event["event_id"], event["timestamp"], event["event_type"], event["status"],
                  event["version"] or "", event["previous_version"] or "", event["user"], event["hostname"],
                  event["tool_version"])
        require(row[1:10] == wanted, f"{row} is not {wanted}")
        require(json.loads(row[10])["event_id"] == event["event_id"], "its json is another event's")
    indexed = [name for name, in rows(case, "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1")]
    require(indexed == ["events_event_type", "events_timestamp", "events_version"], f"{indexed}")
    for column in ("timestamp", "event_type", "version"):
        plan = rows(case, f"EXPLAIN QUERY PLAN SELECT * FROM events WHERE {column} = 'x'")
        require(f"events_{column}" in str(plan), f"{plan}")
    require(rows(case, "PRAGMA journal_mode") == [("wal",)], "not in WAL mode")


def untouched_is_added_to(case):
    inode = log(case).stat().st_ino, database(case).stat().st_ino
    require("anew" not in write(case), "made anew for nothing")
    require((log(case).stat().st_ino, database(case).stat().st_ino) == inode, "another file")
    follows(case)


def removed(case):
    log(case).unlink()
    database(case).unlink()
    said = write(case)
    is_told(said, "operations.log", "was missing")
    is_told(said, "audit.db", "was missing")
    follows(case)


def row_edited(case):
    with sqlite3.connect(database(case)) as connection:
        connection.execute("UPDATE events SET user = 'somebody' WHERE sequence = 2")
    require("tester" in case.run("audit", "show", "2"), "what the index says is believed")
    is_told(write(case), "audit.db", "was not as it was left")
    follows(case)
    require(rows(case, "SELECT user FROM events WHERE sequence = 2") == [("tester",)], "the edit stands")


def row_removed(case):
    with sqlite3.connect(database(case)) as connection:
        connection.execute("DELETE FROM events WHERE event_type = 'PIN'")
    require("PIN" in case.run("audit", "log", "--type", "PIN"), "what the index lacks is not shown")
    is_told(write(case), "audit.db", "was not as it was left")
    follows(case)


def trigger_added(case):
    """A schema that does something when we write is not run, and not kept."""
    with sqlite3.connect(database(case)) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END")
    write(case)
    follows(case)


def bytes_damaged(case):
    for path, name in ((database(case), "audit.db"), (log(case), "operations.log")):
        content = bytearray(path.read_bytes())
        for at in range(20, min(len(content), 6000), 7):
            content[at] ^= 0xFF
        path.write_bytes(content)
        is_told(write(case), name, "was not as it was left")
        follows(case)


def cut_short(case):
    for path in (database(case), log(case)):
        path.write_bytes(path.read_bytes()[:-100])
        write(case)
        follows(case)


def line_edited(case):
    text = log(case).read_text()
    log(case).write_text(text.replace('"tester"', '"mallor"', 1))
    is_told(write(case), "operations.log", "was not as it was left")
    follows(case)
    require("mallor" not in log(case).read_text(), "the edit stands")


def older_ones_put_back(case):
    old = log(case).read_bytes(), database(case).read_bytes()
    write(case)
    log(case).write_bytes(old[0])
    database(case).write_bytes(old[1])
    write(case)
    follows(case)


def with_a_reader(case):
    """Somebody holds a query open while we write: neither waits, and he sees one moment."""
    reader = sqlite3.connect(f"file:{database(case)}?mode=ro", uri=True)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM events").fetchone()
    write(case)
    write(case)
    require(reader.execute("SELECT count(*) FROM events").fetchone() == before, "his moment moved")
    reader.close()
    write(case)
    follows(case)


def with_a_locker(case):
    """Somebody keeps the index to himself while we write: we say so once, and add to it when it is free again."""
    write(case)
    locker = sqlite3.connect(database(case), isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    said = write(case)
    require("audit.db" in said and "anew" not in said, f"said: {said!r}")
    require(lines(case) == chain(case), f"the log has {lines(case)}")
    locker.execute("ROLLBACK")
    locker.close()
    before = database(case).stat().st_ino, log(case).stat().st_ino
    said = write(case)
    require("anew" not in said, f"a false alarm: {said!r}")
    require((database(case).stat().st_ino, log(case).stat().st_ino) == before, "made anew")
    follows(case)


def not_rotated_as_ours(case):
    case.run("config", "set", "audit.log_rotation_size_mb", "1")
    # A log of a megabyte, made by hand: it is not as it was left, so it must not be archived as ours.
    log(case).write_text("x" * (1 << 20))
    is_told(write(case), "operations.log", "was not as it was left")
    follows(case)
    archive = case.store / "audit/archive"
    require(not archive.exists() or not list(archive.iterdir()), "what somebody wrote is archived as ours")


CASES = [fields, untouched_is_added_to, removed, row_edited, row_removed, trigger_added, bytes_damaged, cut_short,
         line_edited, older_ones_put_back, with_a_reader, with_a_locker, not_rotated_as_ours]


if __name__ == "__main__":
    run_cases(CASES)
