#!/usr/bin/env python3
"""Reads every #include of store/, cli/ and hooks-integration/ against docs/architecture.md.

check_includes.py ROOT       prints `file:line: reason` for each line that disagrees; exit 1 if any
check_includes.py --self-test  breaks each rule in a tree of its own and wants to see it found
"""

import pathlib
import re
import sys
import tempfile

POSIX_FILE_HEADERS = {
    "dirent.h", "fcntl.h", "ftw.h", "glob.h", "unistd.h", "utime.h", "linux/fs.h", "linux/openat2.h",
    "sys/file.h", "sys/inotify.h", "sys/ioctl.h", "sys/mman.h", "sys/mount.h", "sys/sendfile.h",
    "sys/stat.h", "sys/statfs.h", "sys/statvfs.h", "sys/syscall.h", "sys/uio.h", "sys/vfs.h",
    "sys/xattr.h",
}

PLACING = "entries are placed below a descriptor, each by a call of its own that fs/ would only repeat"

# (file or folder of the store, header): why this one may. Nothing is excused without a reason.
EXCEPTIONS = {
    ("store/packs/pack_set.cpp", "dirent.h"): "the types of fs::DirectoryEntry",
    ("store/signing/key_file.cpp", "fcntl.h"): "the flags of fs::open",
    ("store/signing/key_file.cpp", "unistd.h"): "geteuid: a key of another user is refused",
    ("store/scan/", "dirent.h"): "the types of fs::DirectoryEntry",
    ("store/scan/", "fcntl.h"): "the flags of fs::open_at",
    ("store/scan/", "unistd.h"): "reads links below a descriptor",
    ("store/restore/", "fcntl.h"): PLACING,
    ("store/restore/", "sys/stat.h"): PLACING,
    ("store/restore/", "sys/statvfs.h"): "asks for free space before it begins",
    ("store/restore/", "unistd.h"): PLACING,
}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^">]+)[">]')
ROW = re.compile(r"\|\s*(\d+)\s*\|((?:\s*`\w+/`)+)\s*\|")


def read_layers(page):
    """Folder -> (row, place in the row)."""
    layers = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if row:
            for place, folder in enumerate(re.findall(r"`(\w+)/`", row.group(2))):
                layers[folder] = (int(row.group(1)), place)
    if not layers:
        raise SystemExit(f"{page}: no table of layers")
    return layers


def may_use(user, used, layers):
    if user == used:
        return True
    return layers[used] < layers[user]  # a lower row, or further left in the same


def excused(path, header):
    return any(header == allowed and (path == place or place.endswith("/") and path.startswith(place))
               for place, allowed in EXCEPTIONS)


def judge(root, path, quoted, header, layers):
    """Why this line must not stand here; None if it may."""
    area, *rest = path.split("/")
    folder = rest[0] if area == "store" else None
    if header == "git2.h" or header.startswith("git2/"):
        return None if folder == "git" else "libgit2 is for store/git only"
    if header.startswith("CLI/"):
        return None if area == "cli" else "CLI11 is for cli only"
    # Programs see no fs/: they call the system themselves.
    if area == "store" and header in POSIX_FILE_HEADERS and folder != "fs" and not excused(path, header):
        return "POSIX file calls are for store/fs only"
    if folder == "include":
        if quoted:
            return None if header.startswith("stravinsky/") else "a public header includes only public ones"
        return "a public header includes only the standard library" if "/" in header or "." in header else None
    if header.startswith("stravinsky/"):
        return None if (root / "store/include" / header).exists() else "there is no such public header"
    if not quoted:
        return None
    if area != "store":
        # The program sees what runs around a change; that sees nothing of the program.
        areas = [root / area] + ([root / "hooks-integration"] if area == "cli" else [])
        places = [(root / path).parent / header, root / header] + [inside / header for inside in areas]
        if any(place.is_file() and inside in place.resolve().parents for place in places for inside in areas):
            return None
        return f"{area} includes only stravinsky/ and its own headers"
    used = header.split("/")[0]
    if folder not in layers:
        return f"store/{folder} is not in the table of layers"
    if "/" not in header or used not in layers:
        return "includes inside the store are written \"folder/file.hpp\""
    if not may_use(folder, used, layers):
        return f"{folder}/ may not use {used}/: it is above it, or to its right"
    return None


def check(root):
    layers = read_layers(root / "docs/architecture.md")
    findings, seen = [], 0
    for area in ("store", "cli", "hooks-integration"):
        for file in sorted((root / area).rglob("*")):
            if file.suffix not in (".cpp", ".hpp", ".h", ".c", ".inc") or not file.is_file():
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                include = INCLUDE.match(line)
                if not include:
                    continue
                seen += 1
                reason = judge(root, path, include.group(1) == '"', include.group(2), layers)
                if reason:
                    findings.append(f"{path}:{number}: {include.group(2)}: {reason}")
    return findings, seen


SELF_TEST = {
    # file: [(line, whether it may stand there)]
    "store/include/stravinsky/a.hpp": [
        ("#include <string>", True), ('#include "stravinsky/b.hpp"', True),
        ("#include <git2.h>", False), ("#include <openssl/evp.h>", False),
        ("#include <CLI/CLI.hpp>", False), ("#include <fmt/format.h>", False),
        ("#include <sys/types.h>", False), ('#include "core/x.hpp"', False)],
    "store/include/stravinsky/b.hpp": [("#include <vector>", True)],
    "store/core/x.hpp": [
        ("#include <string>", True), ('#include "stravinsky/a.hpp"', True),
        ('#include "stravinsky/none.hpp"', False), ('#include "fs/file.hpp"', False),
        ("  #  include <unistd.h>", False), ('#include "x.hpp"', False)],
    "store/fs/file.hpp": [
        ("#include <fcntl.h>", True), ('#include "core/x.hpp"', True), ('#include "git/g.hpp"', False),
        ("#include <git2/odb.h>", False)],
    "store/git/g.hpp": [
        ("#include <git2.h>", True), ('#include "fs/file.hpp"', True), ("#include <sys/stat.h>", False)],
    "store/tree/t.cpp": [
        ('#include "tree/t.hpp"', True), ('#include "objects/o.hpp"', True),
        ('#include "refs/r.hpp"', False), ('#include "snapshots/s.hpp"', False)],
    "store/scan/s.cpp": [('#include "tree/t.hpp"', True), ("#include <fcntl.h>", True),
                         ("#include <sys/mman.h>", False), ("// #include <git2.h>", True)],
    "store/elsewhere/e.cpp": [('#include "core/x.hpp"', False)],
    "cli/main.cpp": [
        ("#include <CLI/CLI.hpp>", True), ("#include <unistd.h>", True),
        ('#include "stravinsky/a.hpp"', True), ('#include "present/p.hpp"', True),
        ('#include "cli/present/p.hpp"', True), ('#include "core/x.hpp"', False),
        ('#include "../store/core/x.hpp"', False), ("#include <git2.h>", False),
        ('#include "checks/c.hpp"', True), ('#include "checks/none.hpp"', False)],
    "hooks-integration/checks/c.hpp": [
        ('#include "checks/c.hpp"', True), ('#include "present/p.hpp"', False),
        ('#include "core/x.hpp"', False)],
    "cli/present/p.hpp": [("#include <fmt/format.h>", True), ('#include "present/none.hpp"', False)],
    "hooks-integration/h.cpp": [
        ('#include "stravinsky/a.hpp"', True), ('#include "cli/present/p.hpp"', False),
        ("#include <CLI/CLI.hpp>", False)],
}


def self_test(page):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        (root / "docs").mkdir()
        (root / "docs/architecture.md").write_bytes(page.read_bytes())
        expected = set()
        for path, lines in SELF_TEST.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("".join(line + "\n" for line, _ in lines), encoding="utf-8")
            expected |= {f"{path}:{number}" for number, (_, may) in enumerate(lines, 1) if not may}
        found = {":".join(finding.split(":")[:2]) for finding in check(root)[0]}
    for place in sorted(expected - found):
        print(f"{place}: breaks a rule and was not found")
    for place in sorted(found - expected):
        print(f"{place}: breaks no rule and was found")
    return expected == found and len(expected) > 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        page = pathlib.Path(__file__).resolve().parents[2] / "docs/architecture.md"
        return 0 if self_test(page) else 1
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    findings, seen = check(pathlib.Path(sys.argv[1]).resolve())
    for finding in findings:
        print(finding)
    print(f"{seen} includes, {len(findings)} findings")
    return 1 if findings or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
