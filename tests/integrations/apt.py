"""apt: a package installed for real, by apt-get and dpkg, into directories of the test's own."""
import os
import shutil

from place import INTEGRATIONS, require

INSTALL = INTEGRATIONS / "apt" / "install.sh"


def package(place):
    """A package that brings one file of settings."""
    tree = place.top / "package"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "etc").mkdir()
    (tree / "etc/brought.conf").write_text("brought = 1\n")
    (tree / "DEBIAN/control").write_text("Package: brought\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.com>\n"
                                         "Description: for a test\n")
    place.run("dpkg-deb", "--build", "--root-owner-group", tree, place.top / "brought.deb")
    return place.top / "brought.deb"


def apt_get(place, *words, status=0):
    """With nothing of the system's but its programs: every path of apt and dpkg is below `root`."""
    root = place.top / "root"
    for directory in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "var/lib/apt/lists/partial",
                      "var/cache/apt/archives/partial", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log/apt"):
        (root / directory).mkdir(parents=True, exist_ok=True)
    for file in ("etc/apt/sources.list", "var/lib/dpkg/status", "var/lib/dpkg/available"):
        (root / file).touch()
    dpkg = [f"--root={root}", "--force-not-root", "--force-bad-path", "--log=/dev/null"]
    options = ["-o", f"Dir={root}", "-o", f"Dir::State::status={root}/var/lib/dpkg/status", "-o", "Dir::Bin::dpkg=/usr/bin/dpkg",
               "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "APT::Architecture=amd64"]
    for one in dpkg:
        options += ["-o", f"DPkg::Options::={one}"]
    # Without this apt reads the system's own settings before it hears of `Dir`.
    conf = place.top / "apt.conf"
    conf.write_text(f'Dir "{root}";\n')
    return place.run("apt-get", "-y", *options, *words, status=status, APT_CONFIG=str(conf), DEBIAN_FRONTEND="noninteractive")


def case_packages_change_between_two_snapshots(place):
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        print("     (not tried: no apt-get here)")
        return
    if os.geteuid() != 0:
        print("     (not tried: dpkg gives files to root)")
        return
    deb = package(place)
    apt_get(place, "check")
    etc, conf = place.top / "root/etc", place.top / "root/etc/apt/apt.conf.d"
    (etc / "hosts").write_text("127.0.0.1 localhost\n")
    place.run("sh", INSTALL, "--conf", conf, "--directory", etc)
    installed = (conf / "05stravinsky").read_bytes()
    place.run("sh", INSTALL, "--conf", conf, "--directory", etc)
    require((conf / "05stravinsky").read_bytes() == installed, "twice is not as once")
    said = apt_get(place, "install", str(deb))
    require((etc / "brought.conf").read_text() == "brought = 1\n", said)
    made = place.snapshots()
    require([one["description"] for one in made] == ["after apt changed packages", "before apt changed packages"], said)
    newest, oldest = (f"{one['profile']}/{one['name']}" for one in made)
    require("brought.conf" in place.output("stravinsky", "diff", "--name-status", oldest, newest), "the two are the same")
    # Nothing of ours stops apt: neither a store that cannot be written nor a program that has gone.
    place.write(".stravinsky/rollback/config.json", "{broken")
    require("no whole snapshot" in apt_get(place, "remove", "brought"), "not told")
    require(not (etc / "brought.conf").exists(), "not removed")
    (place.bin / "stravinsky").unlink()
    apt_get(place, "install", str(deb))
    require((etc / "brought.conf").exists(), "not installed again")
    place.run("sh", INSTALL, "--uninstall", "--conf", conf)
    require(os.listdir(conf) == [], os.listdir(conf))


def case_apt_refuses_what_it_cannot_quote(place):
    conf = place.home / "conf"
    conf.mkdir()
    for words in (("--directory", "/srv/a b"), ("--program", "/opt/it's/stravinsky")):
        require("cannot write" in place.run("sh", INSTALL, "--conf", conf, *words, status=1), words)
    require("absolute" in place.run("sh", INSTALL, "--conf", conf, "--directory", "etc", status=2), "relative")
    require("run this as root" in place.run("sh", INSTALL, "--conf", place.home / "none", status=1), "no directory")
    require(os.listdir(conf) == [], os.listdir(conf))
