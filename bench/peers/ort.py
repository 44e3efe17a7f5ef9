"""Times ONNX Runtime in f32, one image a run, alone or in turns with another program.

    ort.py deit_tiny_patch16_224.safetensors --threads 1 2 --seconds 3

prints one JSON object with min, median and p90 for each number of threads. With --rounds it reads standard input: each
line is a JSON object such as {"threads": 1, "runs": 20} (an empty line: all defaults), which it answers with one JSON
line, so that the program at the other end can measure itself between rounds. It ends with the input. The ONNX file is
exported by fixtures/make/export_timm.py and kept with --onnx.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

EXPORTER = Path(__file__).resolve().parents[2] / "fixtures" / "make" / "export_timm.py"


def export(model, architecture, path):
    """Exports a safetensors file to ONNX in a process of its own, so that torch takes no part in what is timed."""
    subprocess.run(
        [sys.executable, "-W", "ignore", str(EXPORTER), architecture, "--checkpoint", str(model), "-o", str(path)],
        check=True, stdout=subprocess.DEVNULL)


class Runner:
    """A session with a number of threads and an input that stays the same."""

    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        started = time.perf_counter()
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.load_ms = (time.perf_counter() - started) * 1e3
        self.threads = threads
        operand = self.session.get_inputs()[0]
        image = np.random.default_rng(0).standard_normal(operand.shape, dtype=np.float32)
        self.feed = {operand.name: image}
        for _ in range(3):
            self.session.run(None, self.feed)

    def times(self, runs=None, seconds=None):
        """Milliseconds of each run: `runs` of them, or as many as `seconds` hold."""
        result, end = [], time.perf_counter() + (seconds or 0)
        while len(result) < runs if runs else time.perf_counter() < end:
            started = time.perf_counter()
            self.session.run(None, self.feed)
            result.append((time.perf_counter() - started) * 1e3)
        return result

    def report(self, runs=None, seconds=None):
        """Statistics of a round."""
        times = np.array(self.times(runs, seconds))
        return dict(
            threads=self.threads, runs=len(times), ms_min=float(times.min()), ms_median=float(np.median(times)),
            ms_p90=float(np.quantile(times, 0.9)), load_ms=self.load_ms)


def answer(path, default_threads, default_runs):
    """Answers each line of standard input with one round."""
    runners = {}
    for line in sys.stdin:
        request = json.loads(line) if line.strip() else {}
        threads = int(request.get("threads", default_threads))
        if threads not in runners:
            runners[threads] = Runner(path, threads)
        print(json.dumps(runners[threads].report(runs=int(request.get("runs", default_runs)))), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a .safetensors or .onnx file")
    parser.add_argument("--arch", help="timm's model name; default: the file's name without its ending")
    parser.add_argument("--onnx", type=Path, help="where to keep the ONNX file; reused if it exists")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rounds", action="store_true", help="answer requests on standard input")
    parser.add_argument("--runs", type=int, default=20, help="of a round that does not say")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.onnx or Path(folder) / "model.onnx"
        if arguments.model.suffix == ".onnx":
            path = arguments.model
        elif not path.exists():
            export(arguments.model, arguments.arch or arguments.model.stem, path)
        if arguments.rounds:
            return answer(path, arguments.threads[0], arguments.runs)
        results = [Runner(path, threads).report(seconds=arguments.seconds) for threads in arguments.threads]
    print(json.dumps(dict(
        engine=f"ONNX Runtime {onnxruntime.__version__} f32", onnx=onnx.__version__, model=arguments.model.name,
        results=results), indent=1))


if __name__ == "__main__":
    main()
