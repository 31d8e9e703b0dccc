#!/usr/bin/env python3
"""Who signs: a key's file, the ssh-agent, `key::`, a program; changes and revocations of keys; refusals. git and
ssh-keygen are the judges. [S05]

  keys.py --program PATH [NAME...]
"""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import require, run_cases, with_signers, without_signature


def fingerprint(key):
    said = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], check=True, capture_output=True, text=True).stdout
    return said.split()[1]


def signer(case, name="audit"):
    """The key that git finds a commit signed with; None when it does not accept it."""
    said = case.try_git("verify-commit", "--raw", name)
    text = (said.stdout + said.stderr).decode()
    return text.split("key ")[-1].strip() if said.returncode == 0 else None


def all_accepted(case):
    ids = case.git("rev-list", "audit").decode().split()
    bad = [one for one in ids if case.try_git("verify-commit", one).returncode != 0]
    require(not bad, f"git refuses {len(bad)} of {len(ids)} events")
    for tag in case.git("for-each-ref", "--format=%(refname)", "refs/tags").decode().split():
        require(case.try_git("verify-commit", tag).returncode == 0, f"git refuses {tag}")
    status, report = case.verify()
    require(status == 0, f"{report}")


def agent(case, *keys):
    """Starts an agent that holds the keys; it ends with the case."""
    socket = case.top / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    case.processes.append(process)
    # It says where it is once it listens; the socket's name is there before that.
    require("SSH_AUTH_SOCK" in process.stdout.readline(), "no agent")
    case.environment["SSH_AUTH_SOCK"] = str(socket)
    for key in keys:
        subprocess.run(["ssh-add", "-q", str(key)], check=True, env={**os.environ, "SSH_AUTH_SOCK": str(socket)},
                       stdin=subprocess.DEVNULL)


def change_to_a_file(case):
    old = fingerprint(case.key)
    new = case.new_key("new", "tester@new")
    case.run("key", "use", str(new))
    require(signer(case) == old, "the change is not signed by the old key")
    case.run("unpin", "one")
    require(signer(case) == fingerprint(new), "the new key does not sign")
    all_accepted(case)
    events = json.loads(case.run("audit", "log", "--json"))["events"]
    change = next(event for event in events if event["event_type"] == "KEY_CHANGE")
    require((change["key_before"], change["key_after"]) == (old, fingerprint(new)), f"{change}")
    # The old one is done with: for us, and for git, which goes by the date of a commit.
    case.run("config", "get", "signing.key")
    config = json.loads((case.store / "config.json").read_text())
    require(config["signing"]["key"] == str(new), f"{config}")
    config["signing"]["key"] = str(case.key)
    (case.store / "config.json").write_text(json.dumps(config))
    refused = case.try_run("pin", "one")
    require(refused.returncode == 12 and "replaced" in refused.stderr, refused.stderr)
    # The same with git's tools: a commit by the retired key, dated after its time.
    payload = without_signature(case.commit("audit"))
    late = payload.replace(b" +0000\ncommitter", b" +0000\ncommitter", 1)
    author = next(line for line in late.split(b"\n") if line.startswith(b"committer "))
    seconds = author.split(b"> ")[1].split()[0]
    late = late.replace(seconds, str(int(seconds) + 3600).encode())
    forged = case.put("commit", case.sign(late, case.key))
    require(case.try_git("verify-commit", forged).returncode != 0, "git accepts the retired key")
    case.git("update-ref", "refs/heads/audit", forged)
    status, report = case.verify()
    require(status == 15 and any(p["kind"] == "untrusted" for p in report["problems"]), f"{report}")


def change_cut_short(case):
    """The event is there, config.json still names the old key: the same command ends it."""
    new = case.new_key("new", "tester@new")
    case.run("key", "use", str(new))
    (case.store / "config.json").unlink()
    require(case.try_run("unpin", "one").returncode == 12, "the old key still signs")
    said = case.run("key", "use", str(new))
    require("trusts it already" in said, said)
    case.run("unpin", "one")
    all_accepted(case)


def through_the_agent(case):
    new = case.new_key("new", "somebody with blanks in the comment")
    agent(case, new)
    line = " ".join(pathlib.Path(f"{new}.pub").read_text().split()[:2])
    case.run("key", "use", f"key::{line}")
    new.unlink()  # only the agent has it now
    case.run("unpin", "one")
    require(signer(case) == fingerprint(f"{new}.pub"), "the agent's key does not sign")
    all_accepted(case)
    note = case.run("audit", "checkpoint")
    require(case.verify("--checkpoint", "-", stdin=note)[0] == 0, "the agent's checkpoint is not accepted")
    subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True,
                   env={**os.environ, "SSH_AUTH_SOCK": case.environment["SSH_AUTH_SOCK"]})
    before = case.id_of("audit")
    refused = case.try_run("pin", "one")
    require(refused.returncode == 12 and case.id_of("audit") == before, f"{refused.returncode} {refused.stderr}")
    del case.environment["SSH_AUTH_SOCK"]
    refused = case.try_run("pin", "one")
    require(refused.returncode == 12 and "SSH_AUTH_SOCK" in refused.stderr, refused.stderr)


def encrypted_file(case):
    """Its secret is asked of the agent; without one it is refused with what to type."""
    new = case.new_key("new", "tester@new")
    agent(case, new)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(new)], check=True,
                   capture_output=True)
    case.run("key", "use", str(new))
    case.run("unpin", "one")
    all_accepted(case)
    del case.environment["SSH_AUTH_SOCK"]
    refused = case.try_run("pin", "one")
    require(refused.returncode == 12 and "ssh-add" in refused.stderr, refused.stderr)


def through_a_program(case):
    new = case.new_key("new", "tester@new")
    calls, program = case.top / "calls", case.top / "sign"
    program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec ssh-keygen "$@"\n')
    program.chmod(0o700)
    case.environment["TMPDIR"] = str(case.top / "tmp")
    refused = case.try_run("key", "use", str(new), "--program", str(program))
    require(refused.returncode == 1 and "TMPDIR" in refused.stderr, refused.stderr)
    (case.top / "tmp").mkdir()
    case.run("key", "use", str(new), "--program", str(program))
    case.run("unpin", "one")
    require("-Y sign -n git -f" in calls.read_text(), "the program was not called as git calls it")
    require(f"{case.top}/tmp/stravinsky-sign-" in calls.read_text(), "what it signed was elsewhere")
    require(not list((case.top / "tmp").iterdir()), "what was handed to it stayed")
    require(signer(case) == fingerprint(new), "its signature is not there")
    all_accepted(case)
    require(case.try_run("audit", "checkpoint").returncode == 12, "a program cannot sign notes")
    # One that fails, and one that lies.
    before = case.id_of("audit")
    for lie in ("exit 3", f'exec ssh-keygen -q -Y sign -n git -f {case.key} "$7"', "true"):
        program.write_text(f"#!/bin/sh\n{lie}\n")
        refused = case.try_run("pin", "one")
        require(refused.returncode == 12, f"{lie}: {refused.returncode} {refused.stderr}")
        require(case.id_of("audit") == before, f"{lie}: the chain moved")
    # A key without a program signs without it, and that is said.
    program.write_text('#!/bin/sh\nexec ssh-keygen "$@"\n')
    said = case.run("key", "use", str(case.new_key("third")))
    require(f"itself, not through {program}" in said, said)


def open_to_others(case):
    new = case.new_key("new")
    for mode in (0o640, 0o604, 0o644, 0o660):
        new.chmod(mode)
        refused = case.try_run("key", "use", str(new))
        require(refused.returncode == 12 and "chmod 600" in refused.stderr, f"{mode:o}: {refused.stderr}")
    before = case.id_of("audit")
    case.key.chmod(0o644)
    refused = case.try_run("unpin", "one")
    require(refused.returncode == 12 and case.id_of("audit") == before, refused.stderr)
    case.key.chmod(0o600)
    require(stat.S_IMODE(case.key.parent.stat().st_mode) == 0o700, "the directory of keys is open")


def inside_the_store(case):
    """It would go wherever a copy of the store goes."""
    inside = case.store / "key"
    shutil.copy(case.new_key("new", "tester@new"), inside)
    inside.chmod(0o600)
    link = case.top / "link"
    link.symlink_to(inside)
    before = case.id_of("audit:allowed_signers")
    for name in (inside, link):
        refused = case.try_run("key", "use", str(name))
        require(refused.returncode == 12 and "inside the store" in refused.stderr, f"{refused.returncode} {refused.stderr}")
    require(case.id_of("audit:allowed_signers") == before, "the chain trusts it")


def imported(case):
    new = case.new_key("new", "tester@new")
    said = case.run("key", "import", str(new), "--name", "work")
    copy = case.home / ".config/stravinsky/keys/work"
    require(stat.S_IMODE(copy.stat().st_mode) == 0o600 and fingerprint(copy) == fingerprint(new), said)
    require(case.try_run("key", "import", str(new), "--name", "work").returncode == 1, "it is overwritten")
    case.run("key", "use", str(copy))
    shown = json.loads(case.run("key", "show", "--json"))
    require(shown["key"]["fingerprint"] == fingerprint(new) and shown["key"]["usable"], f"{shown}")
    retired = [one for one in shown["listed"] if one["valid_before"]]
    require([one["fingerprint"] for one in retired] == [fingerprint(case.key)], f"{shown}")
    all_accepted(case)


def revoked(case):
    old = fingerprint(case.key)
    new = case.new_key("new", "tester@new")
    case.run("key", "use", str(new))  # event 6
    case.run("key", "revoke", old, "--from", "4")
    status, report = case.verify()
    found = sorted(p["sequence"] for p in report["problems"] if p["kind"] == "revoked")
    require(status == 15 and found == [4, 5], f"{report}")
    require(case.try_run("key", "revoke", "SHA256:none").returncode == 13, "revokes a key nobody knows")
    # It does not come back: what it signed would be good again for whoever looks at the list alone.
    refused = case.try_run("key", "use", str(case.key))
    require(refused.returncode == 12 and "event 7 revoked it" in refused.stderr, f"{refused.returncode} {refused.stderr}")
    # Not even where somebody else's program wrote it into the list once more.
    last = case.events()[-1]
    lines = case.git("cat-file", "blob", "audit:allowed_signers").decode().splitlines(keepends=True)
    again = with_signers(case, last, "".join(re.sub('valid-before="[0-9]*Z",', "", line) for line in lines))
    case.git("update-ref", "refs/heads/audit", case.put("commit", case.sign(without_signature(again), new)))
    shown = {number: case.try_run("audit", "show", str(number)) for number in (3, 5, 6)}
    require([shown[n].returncode for n in (3, 5, 6)] == [0, 15, 0], f"{shown}")
    require(case.try_run("-f", "audit", "restore-refs", "5", "claude/three").returncode == 15, "it is trusted")


def revoked_events_count_for_nothing(case):
    """Not in `show` and `log` either, and nothing is brought back from them."""
    old = fingerprint(case.key)
    case.run("key", "use", str(case.new_key("new", "tester@new")))
    case.run("key", "revoke", old, "--from", "4")
    shown = case.try_run("audit", "show", "4")
    require(shown.returncode == 15 and "the key was revoked" in shown.stdout, shown.stdout)
    require("Signature: good" in case.run("audit", "show", "3"), "the events before still count")
    refused = case.try_run("-f", "audit", "restore-refs", "4", "claude/three")
    require(refused.returncode == 15, f"{refused.returncode} {refused.stderr}")


def replaced_under_an_open_writer(case):
    """It opened the store with the old key: what it signs now nobody would believe."""
    slow = subprocess.Popen(["sh", "-c", f'(read line; echo x) | "{case.program}" snapshot --stdin-name foo'],
                            env=case.environment, cwd=case.home, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    new = case.new_key("new", "tester@new")
    ours = case.git_dir / "stravinsky"
    while slow.poll() is None and not list(ours.glob("lock.profile.foo*")):
        time.sleep(0.01)
    case.run("key", "use", str(new))
    _, said = slow.communicate("go\n", timeout=60)
    require(slow.returncode == 12 and "has replaced" in said, f"{slow.returncode} {said}")
    require(case.verify()[0] == 0, "the chain does not hold")


def config_does_not_change_keys(case):
    refused = case.try_run("config", "set", "signing.key", "/nonexistent")
    require(refused.returncode == 2 and "key use" in refused.stderr, refused.stderr)
    case.run("pin", "two")


def revoked_from_now_on(case):
    old = fingerprint(case.key)
    require(case.try_run("key", "revoke", old).returncode == 2, "revokes the key that signs")
    case.run("key", "use", str(case.new_key("new", "tester@new")))
    case.run("key", "revoke", old)
    status, report = case.verify()
    require(status == 0, f"{report}")


CASES = [change_to_a_file, change_cut_short, through_the_agent, encrypted_file, through_a_program, open_to_others, inside_the_store,
         imported, revoked, revoked_from_now_on, revoked_events_count_for_nothing,
         replaced_under_an_open_writer, config_does_not_change_keys]


if __name__ == "__main__":
    run_cases(CASES)
