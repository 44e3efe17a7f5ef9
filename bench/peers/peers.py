"""Measures vitq beside ONNX Runtime, OpenVINO and PyTorch, turn by turn in one run.

    bench/peers/run [--models deit_tiny …] [--threads 1 2] [--rounds 30] [--runs 5] [--machine NAME] [-o FOLDER]

Every contestant is a process of its own on the same processors. A turn is a few runs of one contestant between two
calibrations (a register-only integer loop on the first of those processors); turns go round so that all see the same
machine. A pause before each lets the threads of the one before stop spinning. Turns beside a calibration below 92 % of the
session's best are dropped: another guest had the core. Peak memory is VmHWM of the whole process; for vitq, that of
`vitq infer`. Writes DATE-MACHINE.md, .json and .svg, into bench/results unless told otherwise.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import prepare
import report
from peak import Peak

HERE = Path(__file__).resolve().parent
VITQ = prepare.ROOT / ".build" / "release" / "vitq"
MODELS = (
    "deit_tiny_patch16_224", "deit_small_patch16_224", "vit_base_patch16_224", "swin_tiny_patch4_window7_224")
# Multiply-accumulates of one image at 224 pixels, no token left out, in billions.
GIGAMACS = dict(zip(MODELS, (1.254, 4.599, 17.564, 4.491)))
THRESHOLD = 0.92
# Seconds before a turn: thread pools wait for work at full speed for a while, on processors that the next one needs.
PAUSE = 0.1


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


def measure(name, rows, threads, processors, arguments, peak):
    shared = ",".join(map(str, processors[:threads]))
    contestants = [Contestant(label, command, path, threads, shared) for label, command, path in rows]
    end = time.time() + arguments.warm_up
    while time.time() < end:
        for contestant in contestants:
            contestant.turn(1)
    for number in range(arguments.rounds):
        for contestant in contestants:
            time.sleep(PAUSE)
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
        samples = [value for turn in kept or [turn for _, turn in contestant.turns] for value in turn]
        entries.append(dict(
            label=contestant.label, engine=contestant.greeting["engine"],
            load_seconds=contestant.greeting["load_seconds"], first_seconds=contestant.greeting["first_seconds"],
            file_bytes=size, peak_bytes=infer_peak(contestant.path) if contestant.path.suffix == ".vitq" else ram,
            dropped_turns=dropped, **report.statistics(samples)))
    return dict(
        name=name, threads=threads, products=int(GIGAMACS[name] * 1e9), contestants=entries)


def machine():
    """The processor, as Linux describes it."""
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name", platform.machine())
    if "cpu family" in fields:
        name += f" (family {fields['cpu family']}, model {fields['model']})"
    return f"{name}, {os.cpu_count()} processors"


def versions():
    """What was measured and with what."""
    vitq = subprocess.run([VITQ, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    commit = subprocess.run(
        ["git", "-C", prepare.ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    packages = ("onnxruntime", "openvino", "nncf", "torch", "timm")
    return dict(
        vitq=f"{vitq} ({commit})" if commit else vitq, **{name: version(name) for name in packages},
        python=platform.python_version(), linux=platform.release())


def model_name(text):
    """A model by its name or the start of it."""
    found = [name for name in MODELS if name.startswith(text)]
    if len(found) != 1:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(MODELS)}, found '{text}'")
    return found[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", type=model_name, default=MODELS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--runs", type=int, default=5, help="of one turn")
    parser.add_argument("--warm-up", type=float, default=3, help="seconds")
    parser.add_argument("--only", nargs="+", help="labels to measure, such as 'vitq W4A4' 'OpenVINO INT8'")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "vitq" / "peers", help="keeps the models")
    parser.add_argument("--machine", help="what to call this machine in the names of the results")
    parser.add_argument("-o", "--output", type=Path, default=prepare.ROOT / "bench" / "results")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    rows = {name: prepare.contestants(arguments.work, name, VITQ) for name in arguments.models}
    processors = sorted(os.sched_getaffinity(0))
    # Calibrations run where the contestants do.
    os.sched_setaffinity(0, processors[:1])
    peak = Peak(arguments.work)
    models = [
        measure(
            name, [row for row in rows[name] if not arguments.only or row[0] in arguments.only], threads, processors,
            arguments, peak)
        for name in arguments.models for threads in arguments.threads]
    result = dict(
        schema="vitq.peers/1", machine=machine(), date=datetime.date.today().isoformat(), versions=versions(),
        instruction_set=peak.instruction_set, peak_instruction=peak.instruction, peak_products_per_second=peak.best,
        rounds=arguments.rounds, runs=arguments.runs, models=models)
    slug = re.sub("[^a-z0-9]+", "-", (arguments.machine or result["machine"].rpartition(",")[0]).lower()).strip("-")
    arguments.output.mkdir(parents=True, exist_ok=True)
    stem = arguments.output / f"{result['date']}-{slug}"
    text = report.markdown(result, stem.name)
    for suffix, content in ((".json", json.dumps(result, indent=1) + "\n"), (".svg", report.svg(result)), (".md", text)):
        stem.with_name(stem.name + suffix).write_text(content)
    print(text)


if __name__ == "__main__":
    main()
