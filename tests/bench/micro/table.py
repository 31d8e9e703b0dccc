#!/usr/bin/env python3
"""Makes the table of docs/performance.md out of the micro-benchmarks' JSON on standard input.

  micro_benchmarks --benchmark_format=json | python3 tests/bench/micro/table.py [--markdown FILE]
"""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import machine  # noqa: E402
import report  # noqa: E402


def rate(value, unit):
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.2f} {prefix}{unit}/s" if value < 100 * factor else f"{value / factor:.0f} {prefix}{unit}/s"
    return f"{value:.0f} {unit}/s"


def rows(results):
    yield ["part", "bytes", "items", "stream ÷ content"]
    for result in results:
        if result.get("error_occurred"):
            raise SystemExit(f"error: {result['name']} failed: {result['error_message']}")
        yield [f"`{result['name']}`", rate(result["bytes_per_second"], "B") if "bytes_per_second" in result else "",
               rate(result["items_per_second"], "") if "items_per_second" in result else "",
               f"{result['ratio']:.2f}" if "ratio" in result else ""]


def main():
    parser = argparse.ArgumentParser(prog="table.py")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    measured_on = machine.words(machine.facts("."))
    table = measured_on + ".\n\n" + report.markdown_table(list(rows(json.load(sys.stdin)["benchmarks"])))
    print(table)
    if options.markdown:
        report.refresh_page(options.markdown, {"micro": table})


if __name__ == "__main__":
    sys.exit(main())
