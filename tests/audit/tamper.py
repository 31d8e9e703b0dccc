#!/usr/bin/env python3
"""Every way of tampering with the audit chain that docs/audit.md lists, made with plain git, ssh-keygen or a byte
editor: `audit verify` must exit 15 and name the event, or say aloud what it cannot prove. [S05] [S28] [P12]

  tamper.py --program PATH [NAME...]
"""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import (Case, clean, found, headers_and_message, joined, require, run_cases, trailer, with_parent,
                        with_signature, with_signers, with_trailer, without_signature)


# ---- events -----------------------------------------------------------------------------------

def edited(case):
    events = case.events()
    events[2] = case.with_event(events[2], lambda event: event.update(user="somebody"))
    case.point(events)
    found(case, ("signature", 3), ("link", 4), ("signature", 4), ("signature", 5))


def edited_message(case):
    events = case.events()
    events[2] = events[2].replace(b"SNAPSHOT", b"UNPIN", 1)
    case.point(events)
    found(case, ("signature", 3), ("form", 3))


def reordered(case):
    events = case.events()
    events[2], events[3] = events[3], events[2]
    case.point(events)
    found(case, ("sequence", 4), ("sequence", 3), ("signature", 3), ("signature", 4))


def dropped(case):
    events = case.events()
    del events[2]
    case.point(events)
    found(case, ("sequence", 4), ("link", 4), ("signature", 4))


def inserted_by_another_key(case):
    events = case.events()
    extra = with_trailer(without_signature(events[2]), "Event", "evt_0000000000000000")
    extra = with_parent(extra, case.put("commit", events[2]))
    events.insert(3, case.sign(extra, case.new_key("mallory", "tester@" + host_of(case))))
    case.point(events)
    found(case, ("untrusted", 3), ("sequence", 3))


def appended_by_another_key(case):
    events = case.events()
    case.git("update-ref", "refs/heads/audit", next_event(case, events[-1], case.new_key("mallory")))
    found(case, ("untrusted", 6))


def unsigned(case):
    events = case.events()
    events[2] = without_signature(events[2])
    case.point(events)
    found(case, ("signature", 3))


def two_signatures(case):
    """git strips both and says good; libgit2 leaves the second in what was signed."""
    events = case.events()
    twice = with_signature(events[-1], "\n".join(armour_of(events[-1])))
    case.point(events[:-1] + [twice])
    found(case, ("unreadable", 5))


def unknown_header(case):
    events = case.events()
    headers, message = headers_and_message(without_signature(events[-1]))
    case.point(events[:-1] + [case.sign(joined(headers + [b"encoding UTF-8"], message))])
    found(case, ("unreadable", 5))


def crlf_in_the_signature(case):
    events = case.events()
    armour = "\n".join(armour_of(events[-1])).replace("\n", "\r\n")
    case.point(events[:-1] + [with_signature(without_signature(events[-1]), armour)])
    require(case.try_git("verify-commit", "audit").returncode != 0, "git accepts it")
    found(case, ("signature", 5))


def another_namespace(case):
    events = case.events()
    case.point(events[:-1] + [case.sign(without_signature(events[-1]), namespace="file")])
    found(case, ("signature", 5))


def second_spelling_of_json(case):
    """The same members, and one of them twice: readers of JSON disagree on which one counts."""
    events = case.events()
    tree = events[-1].split(b"\n", 1)[0].split()[1].decode()
    blob = case.id_of(f"{tree}:event.json")
    text = case.git("cat-file", "blob", blob).replace(b'"user":', b'"user":"mallory","user":', 1)
    listing = case.git("ls-tree", tree).decode().replace(blob, case.put("blob", text))
    new = case.git("mktree", stdin=listing.encode()).decode().strip()
    payload = without_signature(events[-1]).replace(tree.encode(), new.encode(), 1)
    case.point(events[:-1] + [case.sign(payload)])
    found(case, ("form", 5))


def another_date_on_the_commit(case):
    """git log would show another time than the event gives."""
    for seconds, zone in ((978307200, b"+0000"), (None, b"+0100")):
        events = case.events()
        case.point(events[:-1] + [case.sign(dated(without_signature(events[-1]), seconds, zone))])
        found(case, ("form", 5))
        case.point(events)


def unsigned_head(case):
    """Who only asks for events hears it as well."""
    events = case.events()
    case.point(events[:-1] + [without_signature(events[-1])])
    ran = case.try_run("audit", "diff", "2", "latest")
    require(ran.returncode == 15 and "event 5 is not to be believed: it is not signed" in ran.stderr, f"{ran}")
    require(case.try_run("audit", "diff", "2", "4").returncode == 0, "the events before are good")
    ran = case.try_run("audit", "export")
    signatures = [json.loads(line)["signature"]["good"] for line in ran.stdout.splitlines()]
    require(ran.returncode == 15 and signatures == [True] * 4 + [False], f"{ran}")
    require("signature does not hold" in ran.stderr, ran.stderr)
    lines = case.try_run("audit", "export", "--format", "csv").stdout.splitlines()
    require([line.rsplit(",", 1)[1] for line in lines] == ["signature"] + ["good"] * 4 + ["it is not signed"], f"{lines}")


def signer_is_not_the_actor(case):
    events = case.events()
    forged = without_signature(events[-1]).replace(b"<tester@", b"<alice@")
    case.point(events[:-1] + [case.sign(forged)])
    found(case, ("actor", 5))


# ---- the chain as a whole ---------------------------------------------------------------------

def tail_cut(case):
    case.git("update-ref", "refs/heads/audit", "audit~1")
    found(case, ("checkpoint", 5))


def tail_cut_with_its_refs(case):
    """All that the last event did is taken back: only what is kept outside the store knows."""
    case.git("update-ref", "refs/heads/audit", "audit~1")
    case.git("update-ref", "-d", "refs/stravinsky/notes/claude")
    (case.git_dir / "stravinsky/applied").write_text("4\n")
    report = found(case, ("checkpoint", 5))
    require({p["kind"] for p in report["problems"]} == {"checkpoint"}, f"{report}")
    shutil.rmtree(case.home / ".local/state/stravinsky/checkpoints")
    report = clean(case)
    require(any("cut off" in text for text in report["unproved"]), f"silent: {report}")


def replaced_by_another_key(case):
    kept = case.run("audit", "checkpoint")
    key = case.new_key("mallory", "tester@" + host_of(case))
    public = pathlib.Path(str(key) + ".pub").read_text().split()
    line = f'tester@{host_of(case)} namespaces="git" {public[0]} {public[1]}\n'
    events = [with_signers(case, event, line) for event in case.events()]
    case.resign(events, key)
    (case.git_dir / "stravinsky/allowed_signers").write_text(line)
    found(case, ("checkpoint", 5))
    found(case, ("checkpoint", 5), words=("--checkpoint", "-"), stdin=kept)


def rewritten_with_the_right_key(case):
    """Every signature is good and every digest fits; plain git has nothing to say."""
    kept = case.run("audit", "checkpoint")
    events = case.events()
    events[3] = case.with_event(events[3], lambda event: event.update(operation_duration_seconds=0.5))
    case.resign(events)
    require(all(case.try_git("verify-commit", one).returncode == 0
                for one in case.git("rev-list", "audit").decode().split()), "git notices it")
    found(case, ("checkpoint", 5))
    shutil.rmtree(case.home / ".local/state/stravinsky/checkpoints")
    require(clean(case)["unproved"], "says nothing of what it cannot prove")
    found(case, ("checkpoint", 5), words=("--checkpoint", "-"), stdin=kept)


def older_copy_put_back(case):
    shutil.copytree(case.store, case.top / "old", symlinks=True)
    case.run("unpin", "one")
    shutil.rmtree(case.store)
    shutil.copytree(case.top / "old", case.store, symlinks=True)
    found(case, ("checkpoint", 6))
    # It goes on, and says so; what was seen is not overwritten by what follows.
    said = case.try_run("unpin", "one")
    require(said.returncode == 0 and "was rewritten" in said.stderr, said.stderr)
    case.run("pin", "one")
    found(case, ("checkpoint", 6))
    # Until somebody says that it is to count.
    require(case.try_run("audit", "checkpoint").returncode == 15, "signs what it does not believe")
    case.run("-f", "audit", "checkpoint")
    clean(case)
    last = json.loads(case.run("audit", "log", "-n", "1", "--json"))["events"][0]
    require(last["event_type"] == "CHECKPOINT" and last["seen"]["sequence"] == 6, f"{last}")


def numbers_of_another_world(case):
    """Events that say they are the trillionth, and a revocation of all before them: no reason to count that far."""
    events = case.events()
    key = subprocess.run(["ssh-keygen", "-lf", str(case.key)], check=True, capture_output=True,
                         text=True).stdout.split()[1]
    changed = []
    for index, number in ((-2, 10**12), (-1, 10**12 + 1)):
        def far(event, number=number):
            event["sequence"] = number
            if number % 2:
                event.update(event_type="KEY_REVOKE", key=key, **{"from": 1})
        commit = case.with_event(events[index], far)
        changed.append(with_trailer(commit, "Sequence", str(number)))
    case.resign(events[:-2] + changed)
    found(case, ("sequence", 10**12))


def moved_twice_then_cut(case):
    """The newest of what is kept for paths that are no more is what counts."""
    for number in range(4):
        shutil.copytree(case.store, case.top / "old", symlinks=True, dirs_exist_ok=False)
        moved = case.top / f"store{number}"
        case.store.rename(moved)
        case.store, case.git_dir = moved, moved / "store.git"
        case.environment["STRAVINSKY_STORE"] = str(moved)
        case.run("unpin" if number % 2 == 0 else "pin", "one")
        if number < 3:
            shutil.rmtree(case.top / "old")
    shutil.rmtree(case.store)
    last = case.top / "last"
    (case.top / "old").rename(last)
    case.store, case.git_dir = last, last / "store.git"
    case.environment["STRAVINSKY_STORE"] = str(last)
    found(case, ("checkpoint", 9))


def kept_checkpoint_is_damaged(case):
    """It is said, and the command for it goes through; what was there is kept."""
    kept = next((case.home / ".local/state/stravinsky/checkpoints").glob("*.json"))
    kept.write_text("{")
    said = case.try_run("-f", "audit", "checkpoint")
    require(said.returncode == 0 and "made anew" in said.stderr, f"{said.returncode} {said.stderr}")
    require(list(kept.parent.glob("*.replaced-*")), "the damaged one is gone")
    clean(case)


def tags_that_a_clone_keeps(case):
    """git fetch brings new tags and prunes none: what was renamed is no tampering."""
    clone = case.top / "clone"
    subprocess.run(["git", "clone", "-q", "--mirror", str(case.git_dir), str(clone)], check=True,
                   env=case.environment)
    case.run("rename", "two", "second")
    subprocess.run(["git", "--git-dir", str(clone), "fetch", "-q", str(case.git_dir), "+refs/heads/*:refs/heads/*",
                    "+refs/tags/*:refs/tags/*"], check=True, env=case.environment)
    ran = case.try_run("-s", str(clone), "audit", "verify", "--json")
    require(ran.returncode == 0, ran.stdout + ran.stderr)
    subprocess.run(["git", "--git-dir", str(clone), "update-ref", "refs/tags/claude/two", "refs/tags/claude/one"],
                   check=True, env=case.environment)
    ran = case.try_run("-s", str(clone), "audit", "verify", "--json")
    require(ran.returncode == 15, ran.stdout + ran.stderr)


def another_store_in_its_place(case):
    """Made by us, so no alarm; what was known of the former one is kept and told."""
    shutil.rmtree(case.store)
    said = case.try_run("init")
    require("another store with 5 events was here before" in said.stderr, said.stderr)
    clean(case)


def clock_ran_backwards(case):
    events = case.events()
    def earlier(event):
        event["timestamp"] = "2020-01-01T00:00:00.000000000Z"
    case.resign(events[:-1] + [dated(case.with_event(events[-1], earlier), 1577836800)])
    shutil.rmtree(case.home / ".local/state/stravinsky/checkpoints")
    report = clean(case)
    require(any("event 5: the clock ran backwards" in text for text in report.get("warnings", [])), f"{report}")


# ---- checkpoints ------------------------------------------------------------------------------

def checkpoint_agrees(case):
    note = case.run("audit", "checkpoint")
    case.run("unpin", "one")
    report = clean(case, "--checkpoint", "-", stdin=note)
    require({"source": "-", "sequence": 5, "agrees": True} in report["checkpoints"], f"{report}")


def checkpoint_is_a_signed_note(case):
    """Checked by the page of the form and OpenSSL, from the verifier's key that `key show` prints."""
    name, key_id, blob = json.loads(case.run("key", "show", "--json"))["key"]["verifier_key"].split("+", 2)
    blob = base64.b64decode(blob)
    require(blob[:1] == b"\x01" and len(blob) == 33, "the kind of key is not Ed25519")
    require(hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4].hex() == key_id, "another key id")
    note = case.run("audit", "checkpoint")
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    mark, signer, signature = lines.rstrip("\n").split(" ")
    signature = base64.b64decode(signature)
    require(mark == "\u2014" and signer == name and signature[:4].hex() == key_id, lines)
    # RFC 8410: an Ed25519 public key in DER is this and the 32 bytes.
    (case.top / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + blob[1:])
    (case.top / "text").write_text(text)
    (case.top / "signature").write_bytes(signature[4:])
    checked = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                              str(case.top / "key.der"), "-rawin", "-in", str(case.top / "text"), "-sigfile",
                              str(case.top / "signature")], capture_output=True, text=True)
    require(checked.returncode == 0, checked.stdout + checked.stderr)
    events = case.events()
    first, number, digest = text.split("\n")[:3]
    require(first == "stravinsky/" + case.git("rev-list", "--max-parents=0", "audit").decode().strip(), first)
    require(number == "5" and base64.b64decode(digest) == hashlib.sha256(events[-1]).digest(), text)


def checkpoint_edited(case):
    note = case.run("audit", "checkpoint")
    found(case, ("checkpoint", 5), words=("--checkpoint", "-"), stdin=note.replace("\ntime 20", "\ntime 19"))
    require(case.verify("--checkpoint", "-", stdin="hello\n")[0] == 2, "takes any text")


def checkpoint_of_another_store(case):
    other = Case(case.program)
    try:
        found(case, ("checkpoint", 5), words=("--checkpoint", "-"), stdin=other.run("audit", "checkpoint"))
    finally:
        other.close()


# ---- helpers ----------------------------------------------------------------------------------

def host_of(case):
    return trailer_email(case.commit("audit")).split("@")[1]


def dated(commit, seconds=None, zone=b"+0000"):
    """The commit with another date of its author and its committer, or another zone."""
    headers, message = headers_and_message(commit)
    for at, line in enumerate(headers):
        if not line.startswith((b"author ", b"committer ")):
            continue
        who, old, _ = line.rsplit(b" ", 2)
        headers[at] = b" ".join((who, old if seconds is None else str(seconds).encode(), zone))
    return joined(headers, message)


def trailer_email(commit):
    line = next(line for line in commit.split(b"\n") if line.startswith(b"committer "))
    return line.split(b"<")[1].split(b">")[0].decode()


def armour_of(commit):
    lines, inside = [], False
    for line in headers_and_message(commit)[0]:
        if line.startswith(b"gpgsig "):
            inside = True
            lines.append(line[7:].decode())
        elif inside and line.startswith(b" "):
            lines.append(line[1:].decode())
        else:
            inside = False
    return lines


def next_event(case, last, key):
    """One more event that fits behind the last, by a key of the forger's choice."""
    number = int(trailer(last, "Sequence")) + 1
    def change(event):
        event.update(sequence=number, event_id="evt_ffffffffffffffff", refs=[])
    payload = case.with_event(without_signature(last), change)
    for name, value in (("Sequence", str(number)), ("Event", "evt_ffffffffffffffff"),
                        ("Previous-SHA256", hashlib.sha256(last).hexdigest())):
        payload = with_trailer(payload, name, value)
    headers, message = headers_and_message(payload)
    headers = [b"parent " + case.id_of("audit").encode() if line.startswith(b"parent ") else line for line in headers]
    return case.put("commit", case.sign(joined(headers, message), key))


TAMPERINGS = [edited, edited_message, reordered, dropped, inserted_by_another_key, appended_by_another_key, unsigned,
              two_signatures, unknown_header, crlf_in_the_signature, another_namespace, second_spelling_of_json,
              another_date_on_the_commit, unsigned_head,
              signer_is_not_the_actor, tail_cut, tail_cut_with_its_refs, replaced_by_another_key,
              rewritten_with_the_right_key, older_copy_put_back, numbers_of_another_world, moved_twice_then_cut, kept_checkpoint_is_damaged,
              tags_that_a_clone_keeps, another_store_in_its_place, clock_ran_backwards,
              checkpoint_agrees, checkpoint_is_a_signed_note, checkpoint_edited,
              checkpoint_of_another_store]


if __name__ == "__main__":
    run_cases(TAMPERINGS, first=clean)
