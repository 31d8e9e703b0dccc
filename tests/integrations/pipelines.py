"""The shell lines of the CI snippets, taken out of the files as they stand and run against a copy of a store."""
import re

from place import INTEGRATIONS, Wrong, require


def block(lines, at, indent):
    """The lines of `|` that follow, without their margin."""
    taken = []
    for line in lines[at:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        taken.append(line)
    margin = min(len(line) - len(line.lstrip()) for line in taken if line.strip())
    return "\n".join(line[margin:] for line in taken)


def github_scripts(text):
    lines = text.splitlines()
    return [block(lines, at + 1, len(line) - len(line.lstrip())) for at, line in enumerate(lines) if line.strip() == "run: |"]


def gitlab_scripts(text):
    lines = text.splitlines()
    start = lines.index("  script:") + 1
    found = []
    for at in range(start, len(lines)):
        match = re.match(r"    - (.*)$", lines[at])
        if match is None and not lines[at].startswith("      "):
            break
        if match:
            found.append(block(lines, at + 1, 4) if match.group(1) == "|" else match.group(1))
    return found


def published(place):
    """A store with two snapshots, and a bare copy of it as a forge would hold."""
    place.write(".claude/settings.json", '{"model": "opus"}\n')
    place.run("stravinsky", "backup", "create", "v1")
    place.write(".claude/settings.json", '{"model": "sonnet"}\n')
    place.run("stravinsky", "backup", "create", "v2")
    copy = place.top / "forge.git"
    place.run("git", "clone", "-q", "--mirror", place.home / ".stravinsky/rollback/store.git", copy)
    return copy


def pipelines():
    github = (INTEGRATIONS / "github-actions" / "restore.yml").read_text()
    gitlab = (INTEGRATIONS / "gitlab-ci" / "restore.yml").read_text()
    # `bash -e` and one shell for each step there; one for all lines here.
    return {"github-actions": (github, [["bash", "-e", "-c", script] for script in github_scripts(github)]),
            "gitlab-ci": (gitlab, [["sh", "-e", "-c", "\n".join(gitlab_scripts(gitlab))]])}


def carry_out(place, name, steps, work, status=0, **variables):
    work.mkdir()
    settings = {"PROFILE": "claude", "CHECKPOINT": "", "XDG_STATE_HOME": str(place.top / f"state-{work.name}"), **variables}
    for number, words in enumerate(steps):
        last = number == len(steps) - 1
        try:
            place.run(*words, cwd=work, **settings)
        except Wrong as wrong:
            if status == 0 or f"status {status}, " not in str(wrong):
                raise
            return
        require(not (last and status), f"{name}: nothing failed")


def case_pipelines_restore_the_ref(place):
    copy = published(place)
    checkpoint = place.output("stravinsky", "audit", "checkpoint")
    for name, (_, steps) in pipelines().items():
        require(steps, f"{name}: no lines found")
        for number, (ref, model) in enumerate((("v1", "opus"), ("latest", "sonnet"))):
            work = place.top / f"{name}-{number}"
            carry_out(place, name, steps, work, STORE_URL=str(copy), REF=ref, CHECKPOINT=checkpoint if number else "")
            restored = (work / "restored/settings.json").read_text()
            require(model in restored, f"{name} {ref}: {restored}")


def case_pipelines_stop_at_a_store_that_is_not_what_it_was(place):
    copy = published(place)
    checkpoint = place.output("stravinsky", "audit", "checkpoint")
    for name, (_, steps) in pipelines().items():
        work = place.top / f"{name}-unknown"
        carry_out(place, name, steps, work, status=13, STORE_URL=str(copy), REF="v3; touch /nowhere; $(id)")
        require(not (work / "restored").exists(), f"{name}: something was restored")
        # Its newest event is gone: only who knows of it can tell.
        short = place.top / f"{name}-short.git"
        place.run("git", "clone", "-q", "--mirror", copy, short)
        place.run("git", "update-ref", "refs/heads/audit", "refs/heads/audit~1", cwd=short)
        place.run("git", "tag", "-d", place.output("git", "tag", "-l", "--sort=-creatordate", cwd=short).split()[0], cwd=short)
        work = place.top / f"{name}-cut"
        carry_out(place, name, steps, work, status=15, STORE_URL=str(short), REF="v1", CHECKPOINT=checkpoint)
        require(not (work / "restored").exists(), f"{name}: something was restored")


def case_pipelines_are_yaml_and_hold_no_inputs_in_their_lines(place):
    for name, (text, steps) in pipelines().items():
        place.write(f"{name}/restore.yml", text)
        said = place.run("stravinsky", "snapshot", place.home / name, "--name", name)
        require("Snapshot created" in said, said)
        profile = place.snapshots()[0]["profile"]
        require("1 file of" in place.run("stravinsky", "-P", profile, "validate"), name)
        # What whoever starts the job writes is a variable of the shell, never a part of its lines.
        require(not any("${{" in words[-1] for words in steps), f"{name}: an expression in a shell line")
