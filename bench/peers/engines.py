"""The runtimes that vitq is measured beside, each in a process of its own.

    engines.py ENGINE FILE --threads T

loads the model and answers each JSON line on standard input, {"runs": N}, with one line: the seconds of each run. The first
answer, given without being asked, is {"engine": …, "load_seconds": …, "first_seconds": …}; the last, at the end of the input,
is {"peak_bytes": …}, the peak resident memory of the process. Every engine reads the same normalised image, batch 1.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

IMAGE = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)


def onnx_runtime(path, threads):
    """ONNX Runtime, CPU provider, all graph optimisations; f32, QDQ, dynamic or MatMulNBits as the file has it."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: IMAGE}
    return f"ONNX Runtime {onnxruntime.__version__}", lambda: session.run(None, feed)


def openvino(path, threads, precision):
    """OpenVINO with the latency hint; INT8 where the file was quantized by NNCF."""
    import openvino
    core = openvino.Core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": precision, "ENABLE_CPU_PINNING": False}
    request = core.compile_model(str(path), "CPU", settings).create_infer_request()
    return f"OpenVINO {openvino.__version__.split('-')[0]}", lambda: request.infer([IMAGE], share_inputs=True)


def pytorch(path, threads):
    """PyTorch eager, f32, inference mode, fused attention as timm has it."""
    import torch
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures" / "make"))
    import timm
    torch.set_num_threads(threads)
    model = timm.create_model(Path(path).stem, checkpoint_path=str(path)).eval()
    image = torch.from_numpy(IMAGE)

    def run():
        with torch.inference_mode():
            model(image)
    return f"PyTorch {torch.__version__.split('+')[0]}", run


ENGINES = {
    "onnxruntime": onnx_runtime,
    "openvino-f32": lambda path, threads: openvino(path, threads, "f32"),
    "openvino-bf16": lambda path, threads: openvino(path, threads, "bf16"),
    "pytorch": pytorch,
}


def peak_bytes():
    """VmHWM of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("file", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    started = time.perf_counter()
    engine, run = ENGINES[arguments.engine](arguments.file, arguments.threads)
    loaded = time.perf_counter()
    run()
    print(json.dumps(dict(
        engine=engine, load_seconds=loaded - started, first_seconds=time.perf_counter() - loaded)), flush=True)
    for line in sys.stdin:
        seconds = []
        for _ in range(json.loads(line)["runs"]):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
        print(json.dumps(dict(seconds=seconds)), flush=True)
    print(json.dumps(dict(peak_bytes=peak_bytes())))


if __name__ == "__main__":
    main()
