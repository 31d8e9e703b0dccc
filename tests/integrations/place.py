"""A home of its own for each case, and how to say what must hold."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
INTEGRATIONS = SOURCE / "hooks-integration" / "integrations"


class Wrong(Exception):
    pass


def require(holds, otherwise):
    if not holds:
        raise Wrong(otherwise)


class Place:
    """A home with `stravinsky` in its PATH; entered and left with `with`."""

    def __init__(self, program):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="stravinsky-integrations-")).resolve()
        self.home = self.top / "home"
        self.bin = self.top / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        (self.bin / "stravinsky").symlink_to(os.path.abspath(program))
        kept = {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH")}
        self.environment = {**kept, "HOME": str(self.home), "USER": "tester", "PATH": f"{self.bin}:/usr/bin:/bin:/usr/sbin:/sbin",
                            "LC_ALL": "C.UTF-8", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "T",
                            "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "T",
                            "GIT_COMMITTER_EMAIL": "t@example.com"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def run(self, *words, status=0, cwd=None, stdin="", **variables):
        """@returns what was printed, standard error included, once the status is as told"""
        ran = subprocess.run([str(word) for word in words], cwd=cwd or self.home, input=stdin, text=True,
                             env={**self.environment, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             check=False, timeout=300)
        require(ran.returncode == status, f"{words}: status {ran.returncode}, not {status}:\n{ran.stdout}")
        return ran.stdout

    def output(self, *words, cwd=None):
        """Standard output alone."""
        return subprocess.run([str(word) for word in words], cwd=cwd or self.home, env=self.environment, check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def snapshots(self, *words):
        """As `list` tells of them, the newest first."""
        answer = subprocess.run([str(self.bin / "stravinsky"), "list", "--json", "--all", *words], cwd=self.home,
                                env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return json.loads(answer.stdout)["snapshots"] if answer.returncode == 0 else []

    def write(self, path, text, mode=None):
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if mode is not None:
            path.chmod(mode)
        return path
