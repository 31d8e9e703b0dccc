"""Runs the steps over a corpus: round by round, and within a step tool after tool.

All tools do a step before any does the next one, and the first of them is another one each round:
what else the machine does hits all alike. Where there is no room for all stores at once, each tool
does all steps on a tree of its own, made anew from the same seed.
"""
import hashlib
import os
import shutil
import signal
import subprocess
import time

from corpora import regular_files
from tools import Unsupported

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STEPS = ("first", "again", "changed", "one", "versions", "list", "verify", "restore", "restore_unread", "in_place")
OF_VERSIONS = [step for step in STEPS if step not in ("again", "changed", "one", "in_place")]
OF_TREES = [step for step in STEPS if step != "versions"]


class Failed(Exception):
    pass


class Interrupted(Exception):
    """The user has had enough; what was measured stays."""


def digests(tree):
    found = {}
    for path in regular_files(tree):
        with open(path, "rb") as file:
            found[path] = hashlib.file_digest(file, "sha1").digest()
    return found


class Run:
    """What one step took: the sum of its commands' seconds, the most memory of any of them."""

    def __init__(self):
        self.seconds, self.processor_seconds, self.memory = 0.0, 0.0, 0


class Measurement:
    """@param settle  seconds between a change of the tree and what follows. A tool that remembers
    files by their times must not believe a time that is now; git's clock has whole seconds.
    @param once  names of slow tools, which take part in the first round only
    @param until  the last step of a round"""

    def __init__(self, corpus, tools, stopwatch, work, settle, talk, once=(), until=STEPS[-1]):
        self.corpus, self.tool_types, self.stopwatch, self.settle, self.talk = corpus, tools, stopwatch, settle, talk
        self.until = until
        self.once = [name for name in tools if name in once]
        self.work = os.path.join(work, corpus.name)
        self.live = os.path.join(self.work, "live")
        self.runs, self.skipped, self.failed = {}, {}, {}
        self.stored = {}        # (step, tool) -> bytes of each round
        self.facts = {}
        self.complete = 0       # rounds

    def rounds(self, count):
        """@throws KeyboardInterrupt  in the first round; later ones are given up, and the figures are of those before"""
        try:
            self.all_rounds(count)
        except KeyboardInterrupt:
            if self.complete == 0:
                raise
            self.talk(f"  interrupted after {self.complete} of {count} rounds")
            raise Interrupted from None

    def all_rounds(self, count):
        for number in range(count):
            names = [name for name in self.tool_types if number == 0 or name not in self.once]
            turn = number % len(names)
            names = names[turn:] + names[:turn]
            groups = [[name] for name in names] if self.corpus.one_by_one(len(names)) else [names]
            for group in groups:
                self.round(number, group)
            self.complete = number + 1

    def round(self, number, names):
        self.number, self.out = number, set()
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        try:
            self.corpus.make(self.live)
            self.count_tree()
            self.tools = [self.tool_types[name](os.path.join(self.work, name), self.live) for name in names]
            for tool in self.tools:
                self.guarded("first", tool, lambda: self.plainly(tool, tool.prepare()))
            self.steps()
        finally:
            shutil.rmtree(self.work, ignore_errors=True)

    def steps(self):
        for step in OF_VERSIONS if self.corpus.versions else OF_TREES:
            if STEPS.index(step) <= STEPS.index(self.until):
                getattr(self, "step_" + step)()

    def step_first(self):
        self.wait()
        self.each("first", lambda tool: tool.snapshot(), stored=True)

    def step_again(self):
        self.each("again", lambda tool: tool.snapshot(), stored=True)

    def step_changed(self):
        self.facts["changed_files"] = len(self.corpus.change(self.live, "changed"))
        self.wait()
        self.each("changed", lambda tool: tool.snapshot(), stored=True)

    def step_one(self):
        self.corpus.change_one(self.live, "one")
        self.wait()
        self.each("one", lambda tool: tool.snapshot(), stored=True)

    def step_versions(self):
        for version in range(self.corpus.versions):
            self.corpus.change_one(self.live, version)
            self.each("versions", lambda tool: tool.snapshot(), sum_up=version > 0,
                      stored=version == self.corpus.versions - 1)

    def step_list(self):
        self.each("list", lambda tool: tool.list())

    def step_verify(self):
        self.each("verify", lambda tool: tool.verify())

    def step_restore(self):
        self.each("restore", lambda tool: tool.restore(), after=self.check_restored)

    def step_restore_unread(self):
        self.each("restore_unread", lambda tool: tool.restore_unread(), only=lambda tool: hasattr(tool, "restore_unread"),
                  after=self.check_restored)

    def step_in_place(self):
        """Each tool first takes a snapshot, not measured, so that it knows the tree that the one before it left."""
        for tool in self.tools:
            self.guarded("in_place", tool, lambda: self.one_in_place(tool))

    def one_in_place(self, tool):
        commands = tool.in_place()
        self.plainly(tool, tool.snapshot())
        wanted = digests(self.live) if self.number == 0 else None
        self.corpus.change(self.live, "in place")
        self.wait()
        self.record("in_place", tool, self.timed(tool, commands, tool.in_place_statuses))
        if wanted is not None:
            found = digests(self.live)
            wrong = [path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)]
            if wrong:
                raise Failed(f"in place it left {len(wrong)} files other than they were, such as {min(wrong)}")

    def each(self, step, commands, stored=False, sum_up=False, only=lambda tool: True, after=None):
        for tool in self.tools:
            if only(tool):
                self.guarded(step, tool, lambda: self.one(step, tool, commands, stored, sum_up, after))

    def one(self, step, tool, commands, stored, sum_up, after):
        run = self.timed(tool, commands(tool))
        self.record(step, tool, run, sum_up)
        if stored:
            self.stored.setdefault((step, tool.name), []).append(tool.stored_bytes())
        if after is not None:
            after(tool)

    def guarded(self, step, tool, action):
        """A tool that failed is out for the rest of the round, as its later figures would mean nothing. In the next
        rounds it takes part up to that step, so that its other figures are of as many rounds as those of others."""
        if self.failed.get(tool.name, ("",))[0] == step:
            self.out.add(tool.name)
        if tool.name in self.out:
            return
        try:
            action()
        except Unsupported as reason:
            self.skipped[step, tool.name] = str(reason)
        except Failed as reason:
            self.runs.pop((step, tool.name), None)
            words = str(reason).replace(self.work + "/", "")
            self.failed[tool.name] = (step, words)
            self.out.add(tool.name)
            self.talk(f"  {step}: {tool.name} failed: {words}")

    def timed(self, tool, commands, statuses=(0,)):
        run = Run()
        result = os.path.join(self.work, "stopwatch")
        for command in commands:
            self.plainly(tool, [command], [self.stopwatch, result], statuses)
            with open(result) as file:
                wall, memory, processor = map(int, file.read().split())
            run.seconds += wall / 1e9
            run.processor_seconds += processor / 1e9
            run.memory = max(run.memory, memory)
        return run

    def plainly(self, tool, commands, around=(), statuses=(0,)):
        for command in commands:
            status, output = self.run_to_end(tool, [*around, *command])
            if status not in statuses:
                last = " | ".join(output.decode(errors="replace").strip().splitlines()[-3:])
                raise Failed(f"`{' '.join(command)}` ended with {status}: {last}")

    def run_to_end(self, tool, words):
        # An interrupt that came while the process is started would leave nobody who knows of it.
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        try:
            process = subprocess.Popen(words, cwd=self.work, env=tool.environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                       preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS))
            try:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
                output, _ = process.communicate()
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # the tool too, or it would write into what is being removed
                process.wait()
                raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
        return process.returncode, output

    def record(self, step, tool, run, sum_up=False):
        runs = self.runs.setdefault((step, tool.name), [])
        if sum_up:
            runs[-1].seconds += run.seconds
            runs[-1].processor_seconds += run.processor_seconds
            runs[-1].memory = max(runs[-1].memory, run.memory)
            return
        runs.append(run)
        if step != "versions":
            self.talk(f"  {self.number + 1} {step:14} {tool.name:10} {run.seconds:8.3f} s {run.memory / 1e6:7.0f} MB")

    def check_restored(self, tool):
        if self.number == 0:
            self.require_same(self.live, tool.restored())
        shutil.rmtree(tool.out)

    def require_same(self, wanted, found):
        """By content and links, as diff(1) sees them; what is a device or a socket is not compared."""
        done = subprocess.run(["diff", "-r", "--no-dereference", wanted, found], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            raise Failed("it brought back something else: " + " | ".join(done.stdout.splitlines()[:3])[:400])

    def count_tree(self):
        files = size = 0
        for directory, _, names in os.walk(self.live):
            files += len(names)
            size += sum(os.lstat(os.path.join(directory, name)).st_size for name in names)
        self.facts.update(files=files, bytes=size)

    def wait(self):
        if self.settle:
            time.sleep(self.settle)
