"""Runs the built `vitq` programs."""

import ctypes
import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = 75
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ToolError(Exception):
    """What a `vitq` command that failed said last."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Tool:
    """A build of `vitq`."""

    def __init__(self, path=None, threads=None):
        self.path = Path(path or os.environ.get("VITQ") or ROOT / ".build" / "release" / "vitq").resolve()
        if not self.path.is_file():
            raise FileNotFoundError(f"{self.path}: no such program: build it with 'make build' or set VITQ")
        self.threads = ["--threads", str(threads)] if threads else []
        self.version = self.run("--version").strip()
        digest = hashlib.sha256()
        for name in (self.path.name, "vitq-workbench"):
            digest.update((self.path.parent / name).read_bytes())
        self.build = digest.hexdigest()[:12]
        self._resolved = {}

    def run(self, *words):
        """The standard output of a command.

        A command that an interrupt ends is given the time to save its state.
        """
        process = subprocess.Popen(
            [self.path, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=_die_with_parent)
        try:
            output, errors = process.communicate()
        except KeyboardInterrupt:
            process.wait()
            raise
        if process.returncode:
            lines = [line for line in errors.splitlines() if line.strip()]
            raise ToolError(process.returncode, lines[-1] if lines else f"exit code {process.returncode}")
        return output

    def json(self, *words):
        return json.loads(self.run(*words, "--json", "--quiet"))

    def recipe(self, text, folder):
        """Every setting of a recipe, as the tool resolves it; the text a result depends on."""
        if text not in self._resolved:
            path = folder / "asked.yml"
            path.write_text(text)
            self._resolved[text] = self.run("recipes", path)
            path.unlink()
        return self._resolved[text]


def _die_with_parent():
    # A run that goes on after a kill must not meet the program of the one before.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
