"""The integer peak of a core: the product's own loop (Sources/CVitqKernels/peak.c), built and called from here."""

import ctypes
import os
import subprocess
import time

from prepare import ROOT

KERNELS = ROOT / "Sources" / "CVitqKernels"


class Loop(ctypes.Structure):
    """vitq_peak."""
    _fields_ = [
        ("instruction", ctypes.c_char_p), ("products", ctypes.c_uint64),
        ("run", ctypes.CFUNCTYPE(None, ctypes.c_uint64))]


class Choice(ctypes.Structure):
    """vitq_isa_choice."""
    _fields_ = [("isa", ctypes.c_int), ("status", ctypes.c_int)]


class Peak:
    """Products of two bytes a second of the core this process runs on, with the instructions vitq's kernels use there."""

    def __init__(self, folder):
        path = folder / "peak.so"
        subprocess.run(
            [os.environ.get("CC", "clang"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC",
             KERNELS / "peak.c", KERNELS / "isa.c", "-o", path], check=True)
        library = ctypes.CDLL(str(path))
        library.vitq_isa_selected.restype = Choice
        library.vitq_isa_name.restype = ctypes.c_char_p
        library.vitq_peak_for.restype = ctypes.POINTER(Loop)
        isa = library.vitq_isa_selected().isa
        self.instruction_set = library.vitq_isa_name(isa).decode()
        loop = library.vitq_peak_for(isa)
        if not loop:
            raise SystemExit(f"peers: no loop bounds the kernels of {self.instruction_set}")
        self.loop = loop.contents
        self.instruction = self.loop.instruction.decode()
        self.best = 0.0

    def measure(self, rounds=20_000):
        """Products a second, the better of two loops; the best of all is kept in `best`."""
        fastest = 1e9
        for _ in range(2):
            started = time.perf_counter()
            self.loop.run(rounds)
            fastest = min(fastest, time.perf_counter() - started)
        found = self.loop.products * rounds / fastest
        self.best = max(self.best, found)
        return found
