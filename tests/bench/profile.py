#!/usr/bin/env python3
"""Where the processor's time goes in our own steps, by perf: as a table, or into docs/performance.md.

  profile.py --program PATH [--corpus NAME] [--scale X] [--work DIR] [--markdown FILE]

Takes a release build. Shares are of all samples of a step, on all threads; what waits is not seen.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import report
from corpora import CORPORA
from machine import default_work
from tools import Stravinsky

FREQUENCY = 1999
LEAST = 1.0  # per cent, in any step, to have a row
LIBRARIES = {"libdeflate": "compress, inflate, CRC-32, Adler-32", "libcrypto": "SHA-1, SHA-256, signature",
             "libisal": "compress", "libc": "memory, copying", "stravinsky": "ourselves"}
SYSTEM_CALL = re.compile(r"(?:__(?:x64|do|arm64)_sys|ksys)_(\w+)$")


def perf_lines(data, *words):
    """Rows of `perf report`: percentages and names, split."""
    done = subprocess.run(["perf", "report", "-i", data, "--stdio", "-g", "none", "-t", "|", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit("error: cannot read the profile: " + done.stderr.strip())
    for line in done.stdout.splitlines():
        if line.strip() and not line.startswith("#"):
            percent, *names = (part.strip() for part in line.split("|"))
            yield float(percent.rstrip("%")), names


def without_parameters(symbol):
    """`stravinsky::(anonymous namespace)::put` and the like stay; templates' innards go."""
    symbol = re.sub(r"^\[.\] ", "", symbol)
    return re.sub(r"<.*>", "<…>", symbol)


def shares(data, program):
    """Name -> per cent. @param program  our file's name. Libraries and the kernel in whole; under them system calls and our functions."""
    found = {}
    for percent, (library,) in perf_lines(data, "--no-children", "-F", "overhead,dso"):
        name = "kernel" if library.startswith("[kernel") else "stravinsky" if library == program else library.split(".so")[0]
        found[name] = found.get(name, 0) + percent
    for percent, (symbol,) in perf_lines(data, "--children", "-F", "overhead_children,symbol"):
        call = SYSTEM_CALL.search(symbol)
        if call:
            name = "kernel", call.group(1)
            found[name] = max(found.get(name, 0), percent)
        elif symbol.endswith("asm_exc_page_fault"):
            found["kernel", "page faults"] = percent
    for percent, (symbol,) in perf_lines(data, "--no-children", "-F", "overhead,symbol", "--dsos", program):
        name = "stravinsky", without_parameters(symbol)
        found[name] = found.get(name, 0) + percent
    return found


class Profile:
    def __init__(self, tool, work):
        self.tool, self.work, self.steps = tool, work, {}

    def run(self, title, commands):
        data = os.path.join(self.work, "perf.data")
        command, = commands
        done = subprocess.run(["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", str(FREQUENCY), "-o", data, *command],
                              env=self.tool.environment, cwd=self.work, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"error: cannot profile: `{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()}")
        found = shares(data, os.path.basename(self.tool.binary))
        samples = subprocess.run(["perf", "report", "-i", data, "--stdio", "-g", "none", "-F", "sample", "--sort", "comm"],
                                 capture_output=True, text=True).stdout
        count = sum(int(line.split()[0]) for line in samples.splitlines() if line.strip() and not line.startswith("#"))
        self.steps[title] = found, count / FREQUENCY

    def table(self):
        names = [name for name, _ in sorted(self.most().items(), key=lambda item: -item[1]) if self.most()[name] >= LEAST]
        rows = [["", *self.steps]]
        for library in (name for name in names if isinstance(name, str)):
            words = f"{library} ({LIBRARIES[library]})" if library in LIBRARIES else library
            rows.append([f"**{words}**", *self.cells(library)])
            rows += [["… `" + name[1] + "`", *self.cells(name)] for name in names if isinstance(name, tuple) and name[0] == library]
        rows.append(["processor time, s", *(f"{seconds:.2f}" for _, seconds in self.steps.values())])
        return report.markdown_table(rows)

    def most(self):
        every = {name for found, _ in self.steps.values() for name in found}
        return {name: max(found.get(name, 0) for found, _ in self.steps.values()) for name in every}

    def cells(self, name):
        return [f"{found[name]:.1f} %" if found.get(name, 0) >= 0.05 else "" for found, _ in self.steps.values()]


def main():
    parser = argparse.ArgumentParser(prog="profile.py")
    parser.add_argument("--program", required=True)
    parser.add_argument("--corpus", default="linux-source-6.1", choices=CORPORA)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--settle", type=float, default=1.1, help="seconds, as in peers.sh")
    parser.add_argument("--work")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    if shutil.which("perf") is None:
        raise SystemExit("error: cannot profile: perf is not installed\nfix: apt-get install linux-perf")
    Stravinsky.binary = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="stravinsky-profile-", dir=options.work or default_work()) as work:
        corpus = CORPORA[options.corpus](options.scale, 1)
        tool = Stravinsky(os.path.join(work, "stravinsky"), os.path.join(work, "live"))
        corpus.make(tool.live)
        for command in tool.prepare():
            subprocess.run(command, env=tool.environment, check=True, stdout=subprocess.DEVNULL)
        profile = Profile(tool, work)
        time.sleep(options.settle)
        profile.run("first snapshot", tool.snapshot())
        profile.run("nothing changed", tool.snapshot())
        corpus.change(tool.live, "changed")
        time.sleep(options.settle)
        profile.run("1 % changed", tool.snapshot())
        profile.run("full restore", tool.restore())
        profile.run("verify", tool.verify())
        table = profile.table()
    print(table)
    if options.markdown:
        report.refresh_page(options.markdown, {"profile": table})


if __name__ == "__main__":
    sys.exit(main())
