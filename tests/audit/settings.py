#!/usr/bin/env python3
"""Settings and imported keys change with their event: what a crash comes between is finished by the next writing command,
and nobody's edit is lost to it. docs/format.md 17. [S28] [T10]

  settings.py --program PATH [NAME...]
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import require, run_cases
from keys import fingerprint, signer

SET = ("config", "set", "backup.max_versions", "7")


def newest(case, count=1):
    return json.loads(case.run("audit", "log", "-n", str(count), "--json"))["events"]


def value(case, path=None):
    path = path or case.store / "config.json"
    return json.loads(path.read_text())["backup"]["max_versions"] if path.exists() else None


def pending(case, directory=None):
    records = case.git_dir / "stravinsky/pending"
    found = list(records.iterdir()) if records.exists() else []
    return found + [path for path in (directory or case.store).iterdir() if ".op_" in path.name]


def killed_before_the_name(case, *words):
    """Runs a command up to the point at which its event is written and its file has no name yet."""
    trace = case.top / "trace"

    def traced(*inject):
        return subprocess.run(["strace", "-qq", "-o", str(trace), "-e", "trace=rename,renameat2", *inject, case.program,
                               *words], env=case.environment, cwd=case.home, capture_output=True, text=True)

    saved = case.top / "saved"
    for source in (case.store, case.home):
        shutil.copytree(source, saved / source.name, symlinks=True)
    ran = traced()
    require(ran.returncode == 0, f"{words}: {ran.stderr}")
    calls = [re.match(r"(\w+)\(", line)[1] for line in trace.read_text().splitlines()
             if line.startswith("rename")]
    names = [line for line in trace.read_text().splitlines() if line.startswith("rename")]
    at = next(i for i, line in enumerate(names) if re.search(r'\.op_[0-9a-f]{16}", (AT_FDCWD, )?"', line))
    call, number = calls[at], calls[:at + 1].count(calls[at])
    for source in (case.store, case.home):
        shutil.rmtree(source)
        shutil.copytree(saved / source.name, source, symlinks=True)
    shutil.rmtree(saved)
    ran = traced("-e", f"inject={call}:signal=SIGKILL:when={number}")
    # strace stops a process on its way into the call.
    require(ran.returncode != 0, f"{words}: not killed")


def finished_by_the_next(case):
    killed_before_the_name(case, *SET)
    require(value(case) is None and newest(case)[0]["event_type"] == "CONFIG", "not between the two")
    # Readers go by the file and repair nothing.
    require(case.run("config", "get", "backup.max_versions").strip() == "10" and value(case) is None, "a reader wrote")
    ran = case.try_run("pin", "two")
    require(ran.returncode == 0 and "finished an interrupted change" in ran.stderr, ran.stderr)
    require(value(case) == 7 and not pending(case), f"{value(case)} {pending(case)}")
    event = newest(case, 2)[1]
    require(event["files"][0]["before"] is None and len(event["files"][0]["after"]) == 64, f"{event}")
    said = subprocess.run(["sha256sum", str(case.store / "config.json")], capture_output=True, text=True).stdout
    require(said.split()[0] == event["files"][0]["after"], "the event tells of another file")
    require(case.verify()[0] == 0, "the chain does not hold")


def an_edit_stays(case):
    case.run("config", "set", "backup.max_versions", "5")
    killed_before_the_name(case, *SET)
    config = case.store / "config.json"
    edited = json.dumps({"backup": {"max_versions": 99}})
    config.write_text(edited)
    ran = case.try_run("pin", "two")
    require(ran.returncode == 0 and "was edited before event" in ran.stderr, ran.stderr)
    require(config.read_text() == edited and not pending(case), f"{config.read_text()} {pending(case)}")
    told, failed, change = newest(case, 3)
    require((told["event_type"], failed["event_type"], failed["status"]) == ("PIN", "CONFIG", "failed"), f"{failed}")
    require(failed["undone"] == change["sequence"] and "was edited" in failed["error"], f"{failed}")
    case.run("unpin", "two")
    require(newest(case)[0]["event_type"] == "UNPIN", "it is told twice")
    require(case.verify()[0] == 0, "the chain does not hold")


def a_file_elsewhere(case):
    """The next command goes by another file, and finds it all the same."""
    elsewhere = case.home / "elsewhere"
    elsewhere.mkdir()
    config = elsewhere / "mine.json"
    config.write_text('{"backup": {"max_versions": 3}}')
    killed_before_the_name(case, "--config", str(config), *SET)
    require(value(case, config) == 3 and pending(case, elsewhere), "not between the two")
    # On a disk that is not mounted: it waits, and says so.
    elsewhere.rename(case.top / "unmounted")
    ran = case.try_run("pin", "two")
    require(ran.returncode == 0 and "waits for" in ran.stderr, ran.stderr)
    (case.top / "unmounted").rename(elsewhere)
    case.run("unpin", "two")
    require(value(case, config) == 7 and not pending(case, elsewhere), "not finished")


def a_link_stays_one(case):
    kept = case.top / "kept.json"
    kept.write_text("{}")
    kept.chmod(0o640)
    (case.store / "config.json").symlink_to(kept)
    case.run(*SET)
    require((case.store / "config.json").is_symlink() and value(case, kept) == 7, "the link is gone")
    require(kept.stat().st_mode & 0o777 == 0o640, f"{kept.stat().st_mode:o}")


def a_store_that_moved(case):
    killed_before_the_name(case, *SET)
    moved = case.top / "moved"
    case.store.rename(moved)
    case.environment["STRAVINSKY_STORE"] = str(moved)
    case.store, case.git_dir = moved, moved / "store.git"
    case.run("pin", "two")
    require(value(case) == 7 and not pending(case), "not finished")


def undone_without_its_event(case):
    """The record and the new file are there, the event is not."""
    lock = case.git_dir / "refs/heads/audit.lock"
    lock.write_text("")
    refused = case.try_run("--lock-wait", "0", *SET)
    require(refused.returncode == 11 and not (case.store / "config.json").exists(), refused.stderr)
    require(not pending(case), f"{pending(case)}")
    lock.unlink()
    require(newest(case)[0]["event_type"] != "CONFIG", "an event of nothing")


def a_damaged_record(case):
    """It is named and left, and keeps nobody from working."""
    records = case.git_dir / "stravinsky/pending"
    records.mkdir()
    for text in ("", "{}", '{"format":2}', '{"files":[{"before":"x","path":"/etc/passwd"}],"format":1,"operation":'
                 '"op_0123456789abcdef","sequence":1}'):
        (records / "op_0123456789abcdef").write_text(text)
        ran = case.try_run("pin", "two")
        require(ran.returncode == 0 and "cannot end the change of a file" in ran.stderr, f"{text}: {ran.stderr}")
    (records / "op_0123456789abcdef").unlink()


def nobody_overwrites_another(case):
    """Eight processes change different settings at a time: the file has all of them."""
    keys = ["backup.max_versions", "backup.retention_days", "audit.log_retention_days", "audit.log_rotation_size_mb",
            "backup.max_total_size_mb", "safety.disk_space_threshold_mb", "recovery.max_recovery_attempts",
            "backup.spot_check_percentage"]
    workers = [subprocess.Popen([case.program, "-q", "--lock-wait", "120", "config", "set", key, "42"],
                                env=case.environment, cwd=case.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True) for key in keys]
    for worker in workers:
        _, said = worker.communicate()
        require(worker.returncode == 0, said)
    for key in keys:
        require(case.run("config", "get", key).strip() == "42", f"{key} is lost")
    require(len([e for e in newest(case, 100) if e["event_type"] == "CONFIG"]) == len(keys), "events are missing")


def a_name_with_dots(case):
    case.run("profile", "add", "my.site", str(case.home))
    case.run("profile", "remove", "my.site")
    removed, added = newest(case, 2)
    require(added["setting_before"] is None and added["setting_after"]["roots"], f"{added}")
    require(removed["setting_before"] == added["setting_after"] and removed["setting_after"] is None, f"{removed}")


def a_key_taken_before_the_settings_name_it(case):
    new = case.new_key("new", "tester@new")
    killed_before_the_name(case, "key", "use", str(new))
    require(not (case.store / "config.json").exists(), "not between the two")
    case.run("pin", "two")
    require(signer(case) == fingerprint(new), "the new key does not sign")
    require(json.loads((case.store / "config.json").read_text())["signing"]["key"] == str(new), "not finished")
    require(case.verify()[0] == 0, "the chain does not hold")


def an_imported_key(case):
    new = case.new_key("new", "tester@new")
    keys = case.key.parent
    killed_before_the_name(case, "key", "import", str(new), "--name", "work")
    require(not (keys / "work").exists(), "not between the two")
    case.run("pin", "two")
    require(fingerprint(keys / "work") == fingerprint(new) and not pending(case, keys), f"{pending(case, keys)}")
    require((keys / "work").stat().st_mode & 0o777 == 0o600 and (keys / "work.pub").exists(), "not a key of ours")
    event = newest(case, 2)[1]
    require((event["event_type"], event["key"]) == ("KEY_IMPORT", fingerprint(new)), f"{event}")
    # What would tell of the secret is in no event.
    require(set(event["files"][0]) == {"file"}, f"{event}")


def a_lost_key_comes_back(case):
    """Nothing can sign the event of an import then, and the import is what is needed."""
    kept = case.top / "kept"
    shutil.copy(case.key, kept)
    shutil.copy(f"{case.key}.pub", f"{kept}.pub")
    case.key.unlink()
    pathlib.Path(f"{case.key}.pub").unlink()
    ran = case.try_run("key", "import", str(kept))
    require(ran.returncode == 0 and "the audit chain does not know of this" in ran.stderr, ran.stderr)
    case.run("pin", "two")
    require(os.path.exists(f"{case.key}.pub"), "half a key")


def a_key_named_at_the_beginning(case):
    key = case.new_key("own", "tester@own")
    case.environment["STRAVINSKY_STORE"] = str(case.top / "another")
    case.run("init", "--sign-key", str(key))
    case.run("config", "set", "backup.max_versions", "7")
    types = [event["event_type"] for event in newest(case, 9)]
    require(types == ["CONFIG", "CONFIG", "INIT"], f"{types}")


CASES = [finished_by_the_next, an_edit_stays, a_file_elsewhere, a_link_stays_one, a_store_that_moved,
         undone_without_its_event, a_damaged_record, nobody_overwrites_another, a_name_with_dots,
         a_key_taken_before_the_settings_name_it, an_imported_key, a_lost_key_comes_back, a_key_named_at_the_beginning]


if __name__ == "__main__":
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed")
        sys.exit(77)
    run_cases(CASES)
