#!/usr/bin/env python3
"""What plain git, and a second implementation of the format, hold against a store: nothing.

  plain_git.py STORE.GIT…

Prints each complaint; the exit status is 1 if there is any.
"""
import os
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import recompute  # noqa: E402


def git(git_dir, *words):
    """Runs git with no configuration but the repository's."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", LC_ALL="C")
    return subprocess.run(["git", "--git-dir", git_dir, *words], env=environment, capture_output=True,
                          text=True, errors="backslashreplace", stdin=subprocess.DEVNULL)


def objects(git_dir):
    return set(git(git_dir, "cat-file", "--batch-all-objects", "--batch-check", "--unordered").stdout.splitlines())


def find_broken(git_dir):
    """Complaints about the objects: their connections, and what the format says of them."""
    found = []
    fsck = git(git_dir, "fsck", "--strict", "--no-dangling", "--full")
    if fsck.returncode != 0 or (fsck.stdout + fsck.stderr).strip():
        found.append(f"fsck: {fsck.stdout}{fsck.stderr}")
    try:
        found += [f"recompute: {finding}" for finding in recompute.check_tags(git_dir)]
    except (OSError, subprocess.CalledProcessError) as error:  # git, which reads for it, gave up
        found.append(f"recompute: {error}")
    return found


def find_unsigned(git_dir):
    """Snapshots and events whose signature git does not accept."""
    events = git(git_dir, "rev-list", "refs/heads/audit").stdout.split()
    snapshots = git(git_dir, "for-each-ref", "--format=%(objectname)", "refs/tags").stdout.split()
    if not events:
        return ["there is no event"]
    verified = git(git_dir, "verify-commit", *events, *snapshots)
    return [] if verified.returncode == 0 else [f"verify-commit: {verified.stderr}"]


def find_uncloneable(git_dir):
    """Complaints of a clone, and of a repository that checks all that is pushed to it."""
    with tempfile.TemporaryDirectory() as base:
        clone, mirror = os.path.join(base, "clone"), os.path.join(base, "mirror")
        steps = [git(git_dir, "clone", "-q", "--no-checkout", git_dir, clone),
                 git(mirror, "init", "-q", "--bare", mirror),
                 git(mirror, "config", "receive.fsckObjects", "true"),
                 git(git_dir, "push", "-q", mirror, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")]
    return [f"{step.args[3]}: {step.stderr}" for step in steps if step.returncode != 0]


def find_collected(git_dir):
    """What `git gc` takes away. It changes how the objects lie."""
    before = objects(git_dir)
    collected = git(git_dir, "gc", "--prune=now", "--quiet")
    if collected.returncode != 0:
        return [f"gc: {collected.stderr}"]
    gone = before - objects(git_dir)
    return [f"gc deletes {sorted(gone)}"] if gone else []


def complaints(git_dir):
    return [complaint for check in (find_broken, find_unsigned, find_uncloneable, find_collected)
            for complaint in check(git_dir)]


def main():
    found = [f"{git_dir}: {complaint}" for git_dir in sys.argv[1:] for complaint in complaints(git_dir)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
