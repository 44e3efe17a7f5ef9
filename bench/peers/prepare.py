"""Makes every form of a timm model that is measured: vitq's, ONNX Runtime's and OpenVINO's.

Weights are timm's own where a checkpoint is given, else random from a fixed seed: speed does not depend on them. The int8
forms are calibrated with noise images, which speed does not depend on either.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
EXPORTER = ROOT / "fixtures" / "make" / "export_timm.py"
VITQ_BITS = ((4, 4), (4, 8), (8, 8))


def once(path, make):
    """Calls `make(temporary path)` unless the file is there, so that a run after a kill goes on."""
    if not path.exists():
        temporary = path.with_name("unfinished." + path.name)
        make(temporary)
        temporary.rename(path)
    return path


def command(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def weights(folder, name):
    """A safetensors file of the model with random weights."""
    def make(path):
        import timm
        import torch
        from export_timm import model_config, write_safetensors
        torch.manual_seed(0)
        model = timm.create_model(name).eval()
        write_safetensors(path, model.state_dict(), model_config(model))
    sys.path.insert(0, str(EXPORTER.parent))
    return once(folder / f"{name}.safetensors", make)


def noise_images(count=8):
    rng = np.random.default_rng(1)
    return [rng.standard_normal((1, 3, 224, 224), dtype=np.float32) for _ in range(count)]


def onnx_f32(folder, name, source):
    return once(folder / f"{name}.onnx", lambda path: command(
        sys.executable, "-W", "ignore", EXPORTER, name, "--checkpoint", source, "-o", path))


def onnx_prepared(folder, name, f32):
    """The model as ONNX Runtime's quantizers want it: optimised, without shapes that they would find to differ."""
    def make(path):
        import onnx
        from onnxruntime.quantization.shape_inference import quant_pre_process
        quant_pre_process(str(f32), str(path), skip_symbolic_shape=True)
        model = onnx.load(path)
        del model.graph.value_info[:]
        onnx.save(model, path)
    return once(folder / f"{name}.prepared.onnx", make)


def onnx_qdq(folder, name, f32):
    """Static int8: per-channel symmetric weights, u8 activations, QDQ around matrix products, which is fastest for ViTs."""
    def make(path):
        from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

        class Reader(CalibrationDataReader):
            def __init__(self):
                import onnx
                operand = onnx.load(f32, load_external_data=False).graph.input[0].name
                self.feeds = iter([{operand: image} for image in noise_images()])

            def get_next(self):
                return next(self.feeds, None)

        quantize_static(
            str(onnx_prepared(folder, name, f32)), str(path), Reader(), per_channel=True, weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8, op_types_to_quantize=["Conv", "Gemm", "MatMul"])
    return once(folder / f"{name}.qdq.onnx", make)


def onnx_dynamic(folder, name, f32):
    def make(path):
        from onnxruntime.quantization import QuantType, quantize_dynamic
        quantize_dynamic(
            str(onnx_prepared(folder, name, f32)), str(path), per_channel=True, weight_type=QuantType.QInt8)
    return once(folder / f"{name}.dynamic.onnx", make)


def onnx_nbits(folder, name, f32):
    """4-bit weights in blocks of 32, int8 accumulation (MatMulNBits)."""
    def make(path):
        import onnx
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
        quantizer = MatMulNBitsQuantizer(onnx.load(f32), block_size=32, is_symmetric=True, accuracy_level=4)
        quantizer.process()
        quantizer.model.save_model_to_file(str(path))
    return once(folder / f"{name}.nbits.onnx", make)


def openvino_int8(folder, name, f32):
    """INT8 by NNCF with its transformer preset."""
    def make(path):
        import nncf
        import openvino
        model = openvino.Core().read_model(str(f32))
        dataset = nncf.Dataset(noise_images())
        quantized = nncf.quantize(model, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=8)
        openvino.save_model(quantized, str(path), compress_to_fp16=False)
        path.with_suffix(".bin").rename(folder / f"{name}.int8.bin")
    return once(folder / f"{name}.int8.xml", make)


def vitq_models(folder, name, source, vitq):
    """The packed models by bits."""
    full = once(folder / f"{name}.vitq", lambda path: command(vitq, "convert", source, "--arch", name, "-o", path, "-q"))
    return {
        bits: once(folder / f"{name}.w{bits[0]}a{bits[1]}.vitq", lambda path, bits=bits: command(
            vitq, "quantize", full, "--data-free", "--method", "noise", "--images", 4, "-w", bits[0], "-a", bits[1],
            "-o", path, "-q"))
        for bits in VITQ_BITS}


def contestants(folder, name, vitq, checkpoint=None):
    """(label, command without --threads, file) of everything that is measured for a model."""
    source = Path(checkpoint) if checkpoint else weights(folder, name)
    f32 = onnx_f32(folder, name, source)
    engines = Path(__file__).with_name("engines.py")
    rows = []
    for (w, a), path in vitq_models(folder, name, source, vitq).items():
        rows.append((f"vitq W{w}A{a}", [vitq, "bench", "--rounds", "-m", path], path))
    for label, engine, path in (
        ("ONNX Runtime f32", "onnxruntime", f32),
        ("ONNX Runtime int8 QDQ", "onnxruntime", onnx_qdq(folder, name, f32)),
        ("ONNX Runtime int8 dynamic", "onnxruntime", onnx_dynamic(folder, name, f32)),
        ("ONNX Runtime MatMulNBits", "onnxruntime", onnx_nbits(folder, name, f32)),
        ("OpenVINO f32", "openvino-f32", f32),
        ("OpenVINO bf16", "openvino-bf16", f32),
        ("OpenVINO INT8", "openvino-f32", openvino_int8(folder, name, f32)),
        ("PyTorch f32", "pytorch", source),
    ):
        rows.append((label, [sys.executable, "-W", "ignore", engines, engine, path], path))
    return rows
