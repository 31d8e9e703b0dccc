"""Units of systemd and an agent of launchd: judged by what reads them, and their command lines run."""
import plistlib
import re
import shlex
import shutil

from place import INTEGRATIONS, require


def case_systemd_units_are_verified_and_run(place):
    units = place.home / "units"
    install = INTEGRATIONS / "systemd" / "install.sh"
    for _ in range(2):
        place.run("sh", install, "--units", units)
    names = sorted(path.name for path in units.iterdir())
    require(names == ["stravinsky-snapshot@.service", "stravinsky-snapshot@.timer"], names)
    for name in names:
        source = (INTEGRATIONS / "systemd" / name).read_text()
        require((units / name).read_text() == source.replace("/usr/local/bin/stravinsky", f"{place.bin}/stravinsky"), name)
    if shutil.which("systemd-analyze"):
        for name in names:
            instance = name.replace("@.", "@claude.")
            shutil.copy(units / name, place.home / instance)
        # As their instances: a template by itself is judged in part only.
        said = place.run("systemd-analyze", "verify", "--recursive-errors=no", *(place.home / n.replace("@.", "@claude.") for n in names))
        require("stravinsky" not in said, said)
        broken = place.home / "broken.timer"
        broken.write_text((units / names[1]).read_text().replace("OnCalendar=hourly", "OnCalendar=hurly"))
        require("broken.timer" in place.run("sh", "-c", f"systemd-analyze verify {broken} || true"), "nothing is ever found")
    else:
        print("     (not verified: no systemd-analyze here)")
    line = re.search(r"^ExecStart=(.*)$", (units / names[0]).read_text(), re.M).group(1).replace("%i", "claude")
    place.write(".claude/settings.json", "{}")
    place.run(*shlex.split(line))
    place.run(*shlex.split(line))
    made = place.snapshots()
    require(len(made) == 1 and made[0]["class"] == "routine" and made[0]["category"] == "timer", made)
    place.run("sh", install, "--units", units, "--uninstall")
    require(list(units.iterdir()) == [], "left")


def case_the_launchd_agent_is_a_good_property_list(place):
    install = INTEGRATIONS / "launchd" / "install.sh"
    for _ in range(2):
        place.run("sh", install)
    agents = place.home / "Library/LaunchAgents"
    path = agents / "com.stravinsky.snapshot.plist"
    require([one.name for one in agents.iterdir()] == [path.name], list(agents.iterdir()))
    agent = plistlib.loads(path.read_bytes())
    require(agent["Label"] == path.stem and agent["ProgramArguments"][0] == f"{place.bin}/stravinsky", agent)
    # Our own validator reads it as launchd would; a fault put into it is found.
    place.write(".stravinsky/rollback/config.json", '{"profiles": {"agents": {"roots": [{"path": "~/Library/LaunchAgents"}], '
                '"validators": ["plist"]}}}')
    place.home.joinpath(".stravinsky").chmod(0o700)
    place.home.joinpath(".stravinsky/rollback").chmod(0o700)
    place.run("stravinsky", "-P", "agents", "snapshot")
    require("1 file of agents: valid" in place.run("stravinsky", "-P", "agents", "validate"), "not valid")
    good = path.read_text()
    path.write_text(good.replace("<integer>3600</integer>", "<string>hourly</string>"))
    said = place.run("sh", "-c", "stravinsky -P agents validate; true")
    require("StartInterval" in said, f"nothing is ever found: {said}")
    path.write_text(good)
    place.write(".claude/settings.json", "{}")
    place.run(*agent["ProgramArguments"])
    require([one["category"] for one in place.snapshots() if one["profile"] == "claude"] == ["timer"], place.snapshots())
    place.run("sh", install, "--profile", "agents")
    require("agents" in plistlib.loads(path.read_bytes())["ProgramArguments"], path.read_text())
    place.run("sh", install, "--profile", "a</string>", status=2)
    place.run("sh", install, "--uninstall")
    require(not path.exists(), "left")
