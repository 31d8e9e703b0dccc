#!/usr/bin/env python3
"""peers.sh on tiny trees: every step is there for every tool, and a wrong restore is not a figure.

  peers_test.py --program PATH
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock
import xml.etree.ElementTree

import measure

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.sh")
PROGRAM = ""
SANITIZED = False
TREE_STEPS = {"first", "again", "changed", "one", "list", "verify", "restore", "restore_unread", "in_place"}
VERSION_STEPS = {"first", "versions", "list", "verify", "restore", "restore_unread"}


class Peers(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="stravinsky-peers-test-")
        self.addCleanup(self.directory.cleanup)
        self.json = self.path("figures.json")

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def peers(self, *words, program=None):
        return subprocess.run(["sh", PEERS, "--no-install", "--program", program or PROGRAM, "--tools", "stravinsky,git",
                               "--settle", "0", "--work", self.directory.name, "--json", self.json, *words],
                              capture_output=True, text=True)

    def figures(self):
        with open(self.json) as file:
            return json.load(file)

    def test_every_step_of_every_corpus_has_a_figure_or_a_reason(self):
        done = self.peers("--rounds", "2", "--scale", "0.0005", "claude", "files", "large-file", "versions")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.figures()
        self.assertEqual([tool["name"] for tool in result["tools"]], ["stravinsky", "git"])
        self.assertTrue(all(tool["version"] for tool in result["tools"]), result["tools"])
        self.assertEqual([corpus["name"] for corpus in result["corpora"]], ["claude", "files", "large-file", "versions"])
        for corpus in result["corpora"]:
            wanted = VERSION_STEPS if corpus["name"] == "versions" else TREE_STEPS
            for tool in ("stravinsky", "git"):
                steps = {figure["step"]: figure for figure in corpus["steps"] if figure["tool"] == tool}
                self.assertEqual(set(steps), wanted - ({"restore_unread"} if tool == "git" else set()), corpus["name"])
                for step, figure in steps.items():
                    with self.subTest(corpus=corpus["name"], tool=tool, step=step):
                        if "skipped" in figure:
                            self.assertEqual((tool, step), ("stravinsky", "in_place"))
                            continue
                        self.assertEqual(len(figure["seconds_of_rounds"]), 2)
                        self.assertGreater(figure["seconds"], 0)
                        self.assertGreater(figure["peak_memory_bytes"], 1 << 20)
                        self.assertEqual("store_bytes" in figure, step in ("first", "again", "changed", "one", "versions"))
                        if step != "in_place":
                            self.assertGreater(figure["ratio"], 0)
                self.assertGreater(steps["versions" if "versions" in steps else "one"]["store_bytes"], steps["first"]["store_bytes"])

    def test_a_slow_tool_takes_part_once(self):
        done = self.peers("--rounds", "3", "--once", "git", "--scale", "0.1", "claude")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 rounds (git in the first only)", done.stdout)
        corpus, = self.figures()["corpora"]
        rounds = {figure["tool"]: len(figure["seconds_of_rounds"]) for figure in corpus["steps"] if "seconds" in figure}
        self.assertEqual(rounds, {"stravinsky": 3, "git": 1})
        first = {figure["tool"]: figure for figure in corpus["steps"] if figure["step"] == "first"}
        self.assertAlmostEqual(first["git"]["ratio"], first["stravinsky"]["seconds_of_rounds"][0] / first["git"]["seconds"], delta=first["git"]["ratio"] / 100)

    def test_a_round_ends_with_the_step_that_is_named(self):
        done = self.peers("--rounds", "1", "--until", "again", "--scale", "0.1", "claude")
        self.assertEqual(done.returncode, 0, done.stderr)
        corpus, = self.figures()["corpora"]
        self.assertEqual({figure["step"] for figure in corpus["steps"]}, {"first", "again"})
        self.assertNotIn("full restore", done.stdout)

    def test_the_same_seed_makes_and_changes_the_same_trees(self):
        sizes = []
        for _ in range(2):
            self.assertEqual(self.peers("--rounds", "1", "--scale", "0.2", "claude").returncode, 0)
            sizes.append((self.figures()["corpora"][0]["files"], self.figures()["corpora"][0]["bytes"]))
        self.assertEqual(sizes[0], sizes[1])
        self.peers("--rounds", "1", "--scale", "0.2", "--seed", "2", "claude")
        self.assertNotEqual(self.figures()["corpora"][0]["bytes"], sizes[0][1])

    def test_a_tool_that_restores_something_else_fails_the_run(self):
        wrong = self.write("wrong", f"""#!/bin/sh
for word; do case $word in checkout) restoring=yes ;; */out) out=$word ;; esac; done
{PROGRAM} "$@" || exit
if [ "$restoring" ]; then echo more >>"$out/hooks/0.py"; fi
""")
        os.chmod(wrong, 0o755)
        done = self.peers("--rounds", "2", "--scale", "0.1", "claude", program=wrong)
        self.assertEqual(done.returncode, 1, done.stdout)
        failed = self.figures()["corpora"][0]["failed"]
        self.assertEqual([(f["tool"], f["step"]) for f in failed], [("stravinsky", "restore")])
        self.assertIn("hooks/0.py", failed[0]["reason"])
        self.assertIn("stravinsky FAILED", done.stdout)
        # What it did before that is measured in every round.
        rounds = {figure["step"]: len(figure["seconds_of_rounds"]) for figure in self.figures()["corpora"][0]["steps"]
                  if figure["tool"] == "stravinsky" and "seconds" in figure}
        self.assertEqual(rounds.pop("first"), 2)
        self.assertFalse(rounds.keys() & {"restore", "restore_unread", "in_place"}, rounds)

    def test_an_interrupted_run_reports_its_complete_rounds_and_clears_away(self):
        process = subprocess.Popen(["sh", PEERS, "--no-install", "--program", PROGRAM, "--tools", "stravinsky", "--settle", "0",
                                    "--work", self.directory.name, "--json", self.json, "--rounds", "1000", "claude", "versions"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line.startswith("  2 again"):
                process.send_signal(signal.SIGTERM)
                break
        rest = process.communicate()[1]
        self.assertEqual(process.returncode, 0, rest)
        self.assertIn("interrupted after ", rest)
        corpus, = self.figures()["corpora"]
        self.assertGreaterEqual(corpus["rounds"], 1)
        self.assertEqual({len(figure["seconds_of_rounds"]) for figure in corpus["steps"] if "seconds" in figure}, {corpus["rounds"]})
        self.assertEqual([name for name in os.listdir(self.directory.name) if name.startswith("stravinsky-peers-")], [])

    def test_an_interrupt_while_a_tool_is_started_leaves_no_process(self):
        started = []

        class Interrupted(subprocess.Popen):
            def __init__(self, *words, **settings):
                super().__init__(*words, **settings)
                started.append(self)
                os.kill(os.getpid(), signal.SIGINT)

        run = measure.Measurement(types.SimpleNamespace(name="claude"), {}, None, self.directory.name, 0, None)
        os.mkdir(run.work)
        tool = types.SimpleNamespace(environment=dict(os.environ))
        # A shell that started this in the background had it ignored.
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        with unittest.mock.patch.object(subprocess, "Popen", Interrupted), self.assertRaises(KeyboardInterrupt):
            run.plainly(tool, [["sleep", "1000"]])
        self.assertEqual(started[0].poll(), -signal.SIGKILL)

    def test_a_page_and_a_plot_are_made_from_saved_figures(self):
        page = self.write("page.md", "before\n<!-- begin claude -->\nold\n<!-- end claude -->\n"
                                     "<!-- begin tools -->\n| a | b | c |\n|---|---|---|\n| bup | 1 | as ever |\n| git | 1 | as before |\n"
                                     "<!-- end tools -->\nafter\n")
        self.assertEqual(self.peers("--rounds", "1", "--scale", "0.1", "claude").returncode, 0)
        done = subprocess.run(["sh", PEERS, "--from", self.json, "--markdown", page, "--svg", self.path("plot.svg")],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(page) as file:
            text = file.read()
        self.assertTrue(text.startswith("before\n<!-- begin claude -->\n10 files"), text)
        self.assertIn("| first snapshot |", text)
        self.assertNotIn("old", text)
        self.assertTrue(text.endswith("<!-- end tools -->\nafter\n"))
        self.assertIn("| bup | 1 | as ever |\n| git | ", text)  # what this run did not measure stays
        self.assertNotIn("as before", text)
        bars = [e for e in xml.etree.ElementTree.parse(self.path("plot.svg")).iter() if e.tag.endswith("rect")]
        self.assertGreaterEqual(len(bars), 11)

    def test_old_stores_and_huge_directories_have_tables(self):
        page = self.write("page.md", "".join(f"<!-- begin {name} -->\n<!-- end {name} -->\n" for name in ("snapshots", "directory")))
        done = subprocess.run([sys.executable, "-B", os.path.join(os.path.dirname(PEERS), "scale.py"), "--program", PROGRAM,
                               "--snapshots", "4", "--entries", "50", "--rounds", "1", "--work", self.directory.name,
                               "--markdown", page], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(page) as file:
            text = file.read()
        self.assertRegex(text, r"\| `snapshot`, one file changed \| \d+ ms \(\d+\) \| \d+ ms \(\d+\) \| [0-9.]+ \|")
        self.assertRegex(text, r"\| one file changed \| \d+ ms \(\d+\) \| [0-9.]+ MB \|")

    def test_a_profile_names_libraries_system_calls_and_functions(self):
        tried = shutil.which("perf") and subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-o", self.path("data"), "true"],
                                                        capture_output=True)
        if not tried or tried.returncode != 0:
            self.skipTest("perf is not installed or not allowed")
        done = subprocess.run([sys.executable, "-B", os.path.join(os.path.dirname(PEERS), "profile.py"), "--program", PROGRAM,
                               "--corpus", "claude", "--scale", "10", "--settle", "0", "--work", self.directory.name],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\| \*\*kernel\*\* \| [0-9.]+ % \|")
        # A sanitizer's own work leaves others than newfstatat with the per cent that makes a row.
        self.assertRegex(done.stdout, r"\| … `\w+` \|" if SANITIZED else r"\| … `newfstatat` \|")
        self.assertRegex(done.stdout, r"\| \*\*stravinsky \(ourselves\)\*\* \| [0-9.]+ % \|")
        self.assertRegex(done.stdout, r"\| processor time, s \|( [0-9.]+ \|){5}")

    def test_a_corpus_that_does_not_fit_is_refused_before_it_is_made(self):
        done = self.peers("--scale", "1000000", "large-file")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, "(?s)error: 'large-file' takes about 24200000.*\nfix: .*--scale ")
        done = self.peers("--scale", "1000000", "--until", "verify", "large-file")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("takes about 15600000", done.stderr)

    def test_wrong_words_say_what_to_type(self):
        for words, remedy in ((["nonsense"], "linux-source-6.1"), (["--tools", "rsync", "claude"], "restic"),
                              (["--once", "restic", "claude"], "stravinsky, git"),
                              (["--until", "dinner", "claude"], "first, again, changed")):
            done = self.peers(*words)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, f"(?s)error: .*\nfix: .*{remedy}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--sanitized", action="store_true", help="ask of its profile only what holds with a sanitizer")
    options = parser.parse_args()
    PROGRAM, SANITIZED = os.path.abspath(options.program), options.sanitized
    unittest.main(argv=sys.argv[:1])
