"""Measures vitq beside ONNX Runtime, OpenVINO and PyTorch, turn by turn in one run.

    bench/peers/run [--models deit_tiny_patch16_224 …] [--threads 1 2] [--rounds 30] [--runs 5] [-o FOLDER]

Every contestant is a process of its own on the same processors. A turn is a few runs of one contestant between two
calibrations (a register-only integer loop on one core); turns go round so that all see the same machine. Turns beside a
calibration below 92 % of the session's best are dropped: another guest had the core. Peak memory is VmHWM of the whole
process; for vitq, that of `vitq infer`. Writes peers.md, peers.json and peers.svg.
"""

import argparse
import ctypes
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import prepare
import report

HERE = Path(__file__).resolve().parent
VITQ = prepare.ROOT / ".build" / "release" / "vitq"
MODELS = (
    "deit_tiny_patch16_224", "deit_small_patch16_224", "vit_base_patch16_224", "swin_tiny_patch4_window7_224")
# Multiply-accumulates of one image at 224 pixels, no token left out, in billions.
GIGAMACS = dict(zip(MODELS, (1.26, 4.61, 17.58, 4.51)))
THRESHOLD = 0.92


class Peak:
    """The integer peak of the core this process runs on."""

    def __init__(self, folder):
        library = folder / "peak.so"
        subprocess.run(
            ["cc", "-O2", "-march=native", "-shared", "-fPIC", str(HERE / "peak.c"), "-o", str(library)], check=True)
        self.library = ctypes.CDLL(str(library))
        self.library.peak_macs.restype = ctypes.c_uint64
        self.library.peak_macs.argtypes = self.library.peak_run.argtypes = [ctypes.c_uint64]
        self.library.peak_instruction.restype = ctypes.c_char_p
        self.instruction = self.library.peak_instruction().decode()
        self.best = 0.0

    def measure(self, rounds=100_000):
        """Multiply-accumulates a second, the better of two loops."""
        fastest = 1e9
        for _ in range(2):
            started = time.perf_counter()
            self.library.peak_run(rounds)
            fastest = min(fastest, time.perf_counter() - started)
        found = self.library.peak_macs(rounds) / fastest
        self.best = max(self.best, found)
        return found


class Contestant:
    """A process that runs one model when asked."""

    def __init__(self, label, command, path, threads, processors):
        self.label, self.path, self.turns = label, path, []
        words = ["taskset", "-c", processors, *map(str, command), "--threads", str(threads)]
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="false")
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
            stderr=subprocess.DEVNULL)
        self.greeting = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"peers: {self.label}: the process ended without an answer")
        return json.loads(line)

    def turn(self, runs):
        self.process.stdin.write(json.dumps(dict(runs=runs)) + "\n")
        self.process.stdin.flush()
        return self.answer()["seconds"]

    def finish(self):
        """The peak memory of the process in bytes."""
        self.process.stdin.close()
        peak = self.answer()["peak_bytes"]
        self.process.wait()
        return peak


def infer_peak(path):
    """Peak memory of `vitq infer` with a model, as it reports itself."""
    with tempfile.TemporaryDirectory() as folder:
        from PIL import Image
        image = Path(folder) / "grey.png"
        Image.new("RGB", (256, 256), (128, 128, 128)).save(image)
        answer = subprocess.run(
            [VITQ, "infer", "--quiet", "--json", "--model", path, image], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["peak_bytes"]


def measure(name, rows, threads, arguments, peak):
    processors = ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[:threads])
    contestants = [Contestant(label, command, path, threads, processors) for label, command, path in rows]
    end = time.time() + arguments.warm_up
    while time.time() < end:
        for contestant in contestants:
            contestant.turn(1)
    for number in range(arguments.rounds):
        for contestant in contestants:
            before = peak.measure()
            seconds = contestant.turn(arguments.runs)
            contestant.turns.append((min(before, peak.measure()), seconds))
        print(f"\r{name}, {threads} thread(s): round {number + 1} of {arguments.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    entries = []
    for contestant in contestants:
        kept = [seconds for pace, seconds in contestant.turns if pace >= THRESHOLD * peak.best]
        dropped = len(contestant.turns) - len(kept)
        ram = contestant.finish()
        size = contestant.path.stat().st_size
        if contestant.path.suffix == ".xml":
            size += contestant.path.with_suffix(".bin").stat().st_size
        entries.append(dict(
            label=contestant.label, engine=contestant.greeting["engine"],
            load_seconds=contestant.greeting["load_seconds"], file_bytes=size,
            peak_bytes=infer_peak(contestant.path) if contestant.path.suffix == ".vitq" else ram,
            dropped_turns=dropped,
            seconds=[value for turn in kept or [turn for _, turn in contestant.turns] for value in turn]))
    return dict(
        name=name, threads=threads, macs=GIGAMACS.get(name, 0) * 1e9, peak_macs_per_second=peak.best,
        contestants=entries)


def machine():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':', 1)[1].strip()}, {os.cpu_count()} processors"
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--runs", type=int, default=5, help="of one turn")
    parser.add_argument("--warm-up", type=float, default=3, help="seconds")
    parser.add_argument("--only", nargs="+", help="labels to measure, such as 'vitq W4A4' 'OpenVINO INT8'")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "vitq" / "peers", help="keeps the models")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    peak = Peak(arguments.work)
    models = []
    for name in arguments.models:
        rows = prepare.contestants(arguments.work, name, VITQ)
        if arguments.only:
            rows = [row for row in rows if row[0] in arguments.only]
        for threads in arguments.threads:
            models.append(measure(name, rows, threads, arguments, peak))
    result = dict(
        schema="vitq.peers/1", machine=machine(), kernel=platform.release(),
        date=datetime.date.today().isoformat(), peak_instruction=peak.instruction,
        peak_macs_per_second=peak.best, models=models)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "peers.json").write_text(json.dumps(result, indent=1) + "\n")
    (arguments.output / "peers.svg").write_text(report.svg(result))
    text = report.markdown(result)
    (arguments.output / "peers.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
