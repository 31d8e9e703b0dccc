#!/usr/bin/env python3
"""Tampering with what the audit chain speaks of: refs, snapshots, the list of signers, the settings that git and we go
by. `audit verify` must exit 15 and name it, or say aloud what it cannot prove. [S05] [S28] [P12]

  tamper_refs.py --program PATH [NAME...]
"""

import json
import pathlib
import shutil
import subprocess
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from audit_case import clean, found, require, run_cases, without_signature


def ref_moved(case):
    case.git("update-ref", "refs/tags/claude/one", "refs/tags/claude/two")
    found(case, ("ref", 2))


def ref_deleted(case):
    case.git("update-ref", "-d", "refs/tags/claude/one")
    found(case, ("ref", 2))


def ref_created(case):
    case.git("update-ref", "refs/tags/claude/four", "refs/tags/claude/two")
    found(case, ("ref", None))


def story_moved(case):
    case.git("update-ref", "refs/heads/claude", "refs/heads/claude~1")
    found(case, ("ref", 4))


def snapshot_changed(case):
    """The bytes of an object are replaced by others under its name, well formed but for the name."""
    replace(case, "refs/tags/claude/two:.stravinsky/snapshot.json", b'"tester"', b'"mallor"')
    found(case, ("snapshot", 3))


def replace(case, name, old, new):
    """Other bytes in a blob under the name that it had."""
    blob = case.id_of(name)
    before = case.git("cat-file", "blob", blob)
    text = before.replace(old, new)
    require(text != before, f"{name} has no {old}")
    for pack in (case.git_dir / "objects/pack").glob("*.pack"):
        moved = case.top / pack.name
        shutil.move(pack, moved)
        pack.with_suffix(".idx").unlink()
        case.git("unpack-objects", "-q", stdin=moved.read_bytes())
    loose = case.git_dir / "objects" / blob[:2] / blob[2:]
    loose.chmod(0o600)
    loose.write_bytes(zlib.compress(b"blob %d\0" % len(text) + text))


def snapshot_of_another_key(case):
    """A signed commit of somebody else under a tag, with the ref moved: two findings."""
    forged = case.sign(without_signature(case.commit("refs/tags/claude/two")), case.new_key("mallory"))
    case.git("update-ref", "refs/tags/claude/two", case.put("commit", forged))
    found(case, ("ref", 3))


def file_edited(case):
    """The chain does not read files, and says so; `verify` does."""
    replace(case, "refs/tags/claude/two:settings.json", b'"two"', b'"evil"')
    report = clean(case)
    require(any("verify --read-data" in text for text in report["unproved"]), f"silent: {report}")
    require(case.try_run("verify", "--read-data").returncode == 14, "the file is not checked")


def mirror_moved_back(case):
    """In a clone a branch that stands where it once was may be one that was not fetched since: it is said."""
    clone = case.top / "clone"
    git = ["git", "--git-dir", str(clone)]
    subprocess.run(["git", "clone", "-q", "--mirror", str(case.git_dir), str(clone)], check=True, env=case.environment)
    def verified():
        ran = case.try_run("-s", str(clone), "audit", "verify", "--json")
        return ran.returncode, json.loads(ran.stdout.splitlines()[-1])
    status, report = verified()
    unproved = " ".join(report["unproved"])
    require(status == 0 and "no tag is missing" in unproved and "moved back" not in unproved, f"{status} {report}")
    subprocess.run([*git, "update-ref", "refs/heads/claude", "refs/heads/claude~1"], check=True)
    subprocess.run([*git, "update-ref", "-d", "refs/tags/claude/three"], check=True)
    status, report = verified()
    require(status == 0 and any("'refs/heads/claude' was not moved back" in text for text in report["unproved"]),
            f"{status} {report}")
    # Where the chain never put it is no place to be fetched from.
    subprocess.run([*git, "update-ref", "refs/heads/claude", "refs/tags/claude/one"], check=True)
    status, report = verified()
    require(status == 15 and ("ref", 4) in {(p["kind"], p["sequence"]) for p in report["problems"]}, f"{report}")
    # A branch of the clone's own is nobody's business.
    subprocess.run([*git, "update-ref", "refs/heads/mine", "refs/tags/claude/one"], check=True)
    subprocess.run([*git, "update-ref", "refs/heads/claude", case.id_of("refs/heads/claude")], check=True)
    require(verified()[0] == 0, "the clone's own branch is a finding")


def list_of_signers_replaced(case):
    key = pathlib.Path(str(case.new_key("mallory")) + ".pub").read_text().split()
    (case.git_dir / "stravinsky/allowed_signers").write_text(f'tester@x namespaces="git" {key[0]} {key[1]}\n')
    require(case.try_git("verify-commit", "audit").returncode != 0, "git is not misled")
    found(case, ("signers", None))


def git_led_to_another_list(case):
    """git obeys the last of several values. The next writer corrects it and says so."""
    key = pathlib.Path(str(case.new_key("mallory")) + ".pub").read_text().split()
    evil = case.top / "evil"
    evil.write_text(f'tester@x namespaces="git" {key[0]} {key[1]}\n')
    case.git("config", "--add", "gpg.ssh.allowedSignersFile", str(evil))
    judged_elsewhere(case)
    with (case.git_dir / "config").open("a") as config:
        config.write(f'[GPG "ssh"]\n allowedsignersfile={evil}\n')
    judged_elsewhere(case)
    case.git("config", "--unset-all", "gpg.ssh.allowedSignersFile")
    judged_elsewhere(case)


def judged_elsewhere(case):
    require(case.try_git("verify-commit", "audit").returncode != 0, "git is not misled")
    found(case, ("signers", None))
    ran = case.try_run("verify")
    require(ran.returncode == 14 and "allowedSignersFile" in ran.stdout, f"{ran.returncode} {ran.stdout}")
    said = case.try_run("pin", "two").stderr + case.try_run("unpin", "two").stderr
    require("names it again" in said, f"silent: {said}")
    clean(case)
    require(case.try_git("verify-commit", "audit").returncode == 0, "git is still misled")
    require("again" not in case.try_run("pin", "one").stderr, "it is corrected for ever")


def copy_names_the_first_list(case):
    """A copy of the store names the list of the first one until it is written to: as good while the two are the same."""
    copy = case.top / "copy"
    shutil.copytree(case.store, copy, symlinks=True)
    require(case.try_run("-s", str(copy), "audit", "verify").returncode == 0, "a copy is an alarm")
    (case.git_dir / "stravinsky/allowed_signers").write_text("# nobody\n")
    require(case.try_run("-s", str(copy), "audit", "verify").returncode == 15, "git judges it by another list")


def git_told_of_another_form(case):
    for name, value in (("gpg.format", "openpgp"), ("gpg.ssh.revocationFile", "/dev/null")):
        case.git("config", name, value)
        ran = case.try_run("verify")
        require(ran.returncode == 14 and name.lower() in ran.stdout.lower(), f"{ran.returncode} {ran.stdout}")
        case.git("config", "--unset", name)
        if name == "gpg.format":
            case.git("config", name, "ssh")
    require(case.try_run("verify").returncode == 0, "it is not as before")


def applied_beyond_the_head(case):
    """A damaged number does not keep a crash from being repaired."""
    (case.live / "settings.json").write_text("{}\n")
    case.run("snapshot", "--name", "four")
    (case.git_dir / "stravinsky/applied").write_text("99999\n")
    four, story = case.id_of("refs/tags/claude/four"), case.id_of("refs/heads/claude")
    case.git("update-ref", "-d", "refs/tags/claude/four")
    case.git("update-ref", "refs/heads/claude", "refs/heads/claude~1")
    clean(case)  # as after a crash, and read as the chain says
    case.run("pin", "two")
    require((case.id_of("refs/tags/claude/four"), case.id_of("refs/heads/claude")) == (four, story), "it is not redone")
    clean(case)


TAMPERINGS = [ref_moved, ref_deleted, ref_created, story_moved, snapshot_changed, file_edited, mirror_moved_back, snapshot_of_another_key,
              list_of_signers_replaced, git_led_to_another_list, copy_names_the_first_list, git_told_of_another_form,
              applied_beyond_the_head]


if __name__ == "__main__":
    run_cases(TAMPERINGS, first=clean)
