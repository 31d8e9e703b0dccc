#!/usr/bin/env python3
"""Measures stravinsky beside other tools; `peers.sh --help` has the options."""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import report
from corpora import CORPORA
from machine import default_work, facts
from measure import INTERRUPTS, STEPS, Interrupted, Measurement
from tools import TOOLS, Stravinsky, is_there

HERE = os.path.dirname(os.path.abspath(__file__))


def usage(message, remedy):
    print(f"error: {message}\nfix: {remedy}", file=sys.stderr)
    sys.exit(2)


def parse():
    parser = argparse.ArgumentParser(prog="peers.sh", add_help=False)
    parser.add_argument("corpora", nargs="*")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--once", default="")
    parser.add_argument("--until", default=STEPS[-1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle", type=float, default=1.1)
    for name in ("work", "json", "svg", "markdown", "from", "program"):
        parser.add_argument("--" + name)
    options = parser.parse_args()
    options.corpora = options.corpora or ["linux-source-6.1"]
    if options.corpora == ["all"]:
        options.corpora = list(CORPORA)
    for name in options.corpora:
        if name not in CORPORA:
            usage(f"unknown corpus '{name}'", "one of: all, " + ", ".join(CORPORA))
    options.tools = options.tools.split(",")
    for name in options.tools:
        if name not in TOOLS:
            usage(f"unknown tool '{name}'", "of these: " + ", ".join(TOOLS))
        if not is_there(name):
            usage(f"'{name}' is not installed", "leave out --no-install, or choose others with --tools")
    options.once = [name for name in options.once.split(",") if name]
    for name in options.once:
        if name not in options.tools:
            usage(f"'{name}' is not measured, so not once either", "of these: " + ", ".join(options.tools))
    if options.until not in STEPS:
        usage(f"unknown step '{options.until}'", "one of: " + ", ".join(STEPS))
    return options


def measure(options, stopwatch, work):
    tools = {name: TOOLS[name] for name in options.tools}
    result = {"schema": 1, "machine": facts(work), "rounds": options.rounds, "scale": options.scale, "seed": options.seed,
              "tools": [], "corpora": []}
    for name, tool in tools.items():
        with tempfile.TemporaryDirectory(dir=work) as base:
            result["tools"].append({"name": name, "version": tool(base, os.path.join(base, "live")).version(),
                                    "notes": tool.notes})
    for name in options.corpora:
        corpus = CORPORA[name](options.scale, options.seed)
        room = shutil.disk_usage(work).free
        needed = corpus.room(1 if corpus.one_by_one(len(tools)) else len(tools),
                             trees=1 if STEPS.index(options.until) < STEPS.index("restore") else 2)
        if needed > room:
            usage(f"'{name}' takes about {needed / 1e9:.1f} GB, and {work} has {room / 1e9:.1f} GB",
                  f"--work DIR with more room, --until verify, or --scale {0.9 * options.scale * room / needed:.2f}")
        print(f"{name}: {corpus.words}", file=sys.stderr)
        interrupted = False
        measured = Measurement(corpus, tools, stopwatch, work, options.settle,
                               lambda line: print(line, file=sys.stderr, flush=True), options.once,
                               options.until)
        try:
            measured.rounds(options.rounds)
        except Interrupted:
            interrupted = True
        result["corpora"].append(report.figures(measured))
        if interrupted:
            break
    result["machine"]["load_after"] = os.getloadavg()[0]
    return result


def interrupt(number, frame):
    raise KeyboardInterrupt


def main():
    options = parse()
    # Also when started in the background, where a shell has them ignored: gigabytes have to be cleared away.
    for number in INTERRUPTS:
        signal.signal(number, interrupt)
    if options.__dict__["from"]:
        with open(options.__dict__["from"]) as file:
            result = json.load(file)
    else:
        Stravinsky.binary = os.path.abspath(options.program)
        with tempfile.TemporaryDirectory(prefix="stravinsky-peers-", dir=options.work or default_work()) as work:
            stopwatch = os.path.join(work, "stopwatch")
            subprocess.run(["c++", "-std=c++20", "-O2", "-o", stopwatch, os.path.join(HERE, "stopwatch.cpp")], check=True)
            result = measure(options, stopwatch, work)
    print(report.text(result))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    if options.svg:
        with open(options.svg, "w") as file:
            file.write(report.svg(result))
    if options.markdown:
        report.refresh(options.markdown, result)
    return 1 if any(corpus["failed"] for corpus in result["corpora"]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("error: interrupted before a round was complete\nfix: fewer --tools, or a smaller --scale")
