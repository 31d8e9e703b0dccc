"""The hooks of git, in repositories of their own, run by git itself."""
from place import INTEGRATIONS, require

INSTALL = INTEGRATIONS / "git" / "install.sh"


def repository(place, name="re po'1"):
    top = place.home / name
    place.write(f"{name}/tracked", "one\n")
    place.write(f"{name}/.gitignore", "*.o\n")
    place.run("git", "init", "-q", "-b", "main", cwd=top)
    place.run("git", "add", "-A", cwd=top)
    place.run("git", "commit", "-qm", "one", cwd=top)
    return top


def descriptions(place):
    return [one["description"] for one in place.snapshots()]


def case_git_operations_make_snapshots(place):
    top = repository(place)
    place.run("sh", INSTALL, top)
    (top / "untracked").write_text("not in git\n")
    (top / "built.o").write_text("object\n")
    (top / "tracked").write_text("two\n")
    place.run("git", "commit", "-qam", "two", cwd=top)
    require(descriptions(place) == ["before git commit"], descriptions(place))
    made = place.snapshots()[0]
    ref = f"{made['profile']}/{made['name']}"
    files = place.output("stravinsky", "ls", "-R", ref)
    require("untracked" in files and "built.o" not in files and "HEAD" not in files, files)
    require(made["class"] == "routine" and made["category"] == "git", made)
    # What git loses without a word: an untracked file that somebody cleans away after a commit.
    place.run("git", "clean", "-fq", cwd=top)
    require(place.output("stravinsky", "cat", f"{ref}:untracked") == "not in git\n", "the untracked file is lost")
    place.run("git", "checkout", "-q", "-b", "side", "HEAD~1", cwd=top)
    place.write(f"{top.name}/other", "side\n")
    place.run("git", "add", "other", cwd=top)
    place.run("git", "commit", "-qm", "side", cwd=top)
    place.run("git", "rebase", "-q", "main", cwd=top)
    said = descriptions(place)
    for words in ("after git checkout of ", "before git commit", "after git rebase"):
        require(any(one.startswith(words) for one in said), f"no snapshot {words!r}: {said}")
    # The tree before the rebase is that of the commit before it, which was captured; a changed one is captured anew.
    place.write(f"{top.name}/note", "mine\n")
    place.run("git", "rebase", "-q", "--force-rebase", "main", cwd=top)
    require("before git rebase onto main" in descriptions(place), descriptions(place))
    place.run("git", "checkout", "-q", "main", cwd=top)
    place.write(f"{top.name}/note", "mine again\n")
    place.run("git", "merge", "-q", "--no-ff", "-m", "merge", "side", cwd=top)
    require(descriptions(place)[0].startswith("after git merge into "), descriptions(place))
    count = len(place.snapshots())
    place.run("git", "checkout", "-q", "--", "tracked", cwd=top)
    require(len(place.snapshots()) == count, "a checkout of a file is none of the tree")
    require(place.run("git", "fsck", "--strict", cwd=top) == "", "the repository")


def case_git_goes_on_when_a_snapshot_fails(place):
    top = repository(place)
    place.run("sh", INSTALL, top)
    place.write(".stravinsky/rollback/config.json", "{broken")
    (top / "tracked").write_text("two\n")
    said = place.run("git", "commit", "-am", "two", cwd=top)
    require("stravinsky ended with 2" in said, said)
    (place.bin / "stravinsky").unlink()
    (top / "tracked").write_text("three\n")
    require("is not there" in place.run("git", "commit", "-am", "three", cwd=top), "not told")
    require(place.output("git", "rev-list", "--count", "HEAD", cwd=top) == "3\n", "a commit is missing")


def case_git_hooks_of_others_stay(place):
    top = repository(place)
    theirs = place.write(f"{top.name}/.git/hooks/pre-commit", "#!/bin/sh\ntrue\n", 0o755)
    said = place.run("sh", INSTALL, cwd=top, status=1)
    require("pre-commit is there already" in said and "Installed" in said, said)
    line = next(one for one in said.splitlines() if one.startswith("  '"))
    require(theirs.read_text() == "#!/bin/sh\ntrue\n", "it was touched")
    place.run("sh", "-c", line)  # the line that it says to add is one that works
    require(len(place.snapshots()) == 1, place.snapshots())
    before = sorted(p.name for p in (top / ".git/hooks").iterdir())
    odd = place.home / "it's & \\1"
    odd.mkdir()
    (odd / "stravinsky").symlink_to(place.bin / "stravinsky")
    place.run("sh", INSTALL, "--program", odd / "stravinsky", cwd=top, status=1)
    place.write(f"{top.name}/note", "mine\n")
    require("snapshot" not in place.run("git", "checkout", "-q", "-b", "odd", cwd=top), "a path with quotes")
    require(len(place.snapshots()) == 2, place.snapshots())
    place.run("sh", INSTALL, cwd=top, status=1)
    require(sorted(p.name for p in (top / ".git/hooks").iterdir()) == before, "twice is not as once")
    place.run("sh", INSTALL, "--uninstall", top)
    left = [p.name for p in (top / ".git/hooks").iterdir() if not p.name.endswith(".sample")]
    require(left == ["pre-commit"], left)
    require("not in the work tree" in place.run("sh", INSTALL, place.top, status=1), "no repository")
    place.run("sh", INSTALL, "--frobnicate", status=2)
