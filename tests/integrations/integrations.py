#!/usr/bin/env python3
"""What is in hooks-integration/integrations/, each tried for real as far as this system can.

  integrations.py --program PATH [--only WORD]
"""
import argparse
import importlib
import sys
import traceback

from place import Place, Wrong

MODULES = ("claude_code", "git_hooks", "apt", "timers", "pipelines")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--only", default="", help="cases with this in their name")
    options = parser.parse_args()
    failures = ran = 0
    for name in MODULES:
        module = importlib.import_module(name)
        for case in [one for one in vars(module) if one.startswith("case_") and options.only in f"{name}.{one}"]:
            ran += 1
            try:
                with Place(options.program) as place:
                    getattr(module, case)(place)
                print(f"ok   {name}: {case[5:].replace('_', ' ')}", flush=True)
            except Wrong as wrong:
                failures += 1
                print(f"FAIL {name}: {case[5:].replace('_', ' ')}\n{wrong}\n{traceback.format_exc(limit=-2)}", flush=True)
    print(f"{ran} cases, {failures} failures")
    return 1 if failures or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
