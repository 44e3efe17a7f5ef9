"""Results in files that are named by what they depend on."""

import fcntl
import hashlib
import json
import os
from pathlib import Path


def digest(value):
    """The name of anything that JSON can say."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path, text):
    """Writes a file; the path holds all of it or what it held before."""
    partial = path.with_name(f".{path.name}.partial")
    with open(partial, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Store:
    """A folder of results that one run at a time adds to."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name in ("cells", "images", "models", "photographs", "scratch"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"accuracy: {self.folder}: another run is working in this folder") from None
        self._known = {}

    @property
    def scratch(self):
        """Where a run keeps what nobody reads after it."""
        return self.folder / "scratch"

    def read(self, key):
        """The result of a key; None if it is not there yet."""
        name = digest(key)
        if name not in self._known:
            try:
                entry = json.loads((self.folder / "cells" / f"{name}.json").read_text())
            except FileNotFoundError:
                return None
            if entry["key"] != key:
                raise SystemExit(f"accuracy: {name}.json: the result of something else: remove it")
            self._known[name] = entry["result"]
        return self._known[name]

    def add(self, key, result):
        name = digest(key)
        write(self.folder / "cells" / f"{name}.json", json.dumps(dict(key=key, result=result)) + "\n")
        self._known[name] = result
