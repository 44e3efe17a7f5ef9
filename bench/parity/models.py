"""Compares vitq's full-precision logits with timm's, for random seeded models of timm's names.

    models.py                                    every name of models.txt, from HDF5
    models.py --format safetensors swin_tiny_patch4_window7_224 deit_tiny_patch16_224
    models.py --format h5 --format dynamo-20         every name, from HDF5 and from ONNX

Formats: h5, safetensors, and ONNX as DIALECT-OPSET of PyTorch's exporters: legacy-14 to legacy-20, dynamo-18 to dynamo-23.

Each model is made with every parameter random, written in the format, converted by vitq and run on two images; timm runs
the same images in f32 through its own preprocessing. Prints a row of a Markdown table for each: the largest difference of
logits, and of the outputs of the blocks, each as a fraction of the largest magnitude. Exits with 1 if one is above 1e-4.
"""

import argparse
import contextlib
import csv
import io
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "fixtures" / "make"))
from export_timm import blocks_of, model_config, write  # noqa: E402

TOLERANCE = 1e-4
FORMATS = ("h5", "safetensors", "legacy-14", "legacy-17", "legacy-20", "dynamo-18", "dynamo-20", "dynamo-23")


def random_model(name, seed):
    """A model in which no part is near the identity: timm's initial weights, and noise on what starts as 0, 1 or small."""
    torch.manual_seed(seed)
    model = timm.create_model(name).eval()
    generator = torch.Generator().manual_seed(seed)
    for key, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if "gamma" in key:
            parameter.data = 0.5 + 0.1 * noise
        elif parameter.ndim == 1:
            parameter.data += 0.1 * noise
        elif "bias_table" in key or "pos_embed" in key or "token" in key:
            parameter.data = 0.5 * noise
    for block in blocks_of(model):
        block.attn.fused_attn = False
    return model


def reference(model, paths):
    """timm's logits of every image, and the blocks' outputs for the first."""
    transform = create_transform(**resolve_data_config({}, model=model))
    images = torch.stack([transform(Image.open(path).convert("RGB")) for path in paths])
    outputs = []
    hooks = [
        block.register_forward_hook(lambda _, __, result: outputs.append(result[:1].flatten(0, -2).numpy()))
        for block in blocks_of(model)]
    with torch.inference_mode():
        logits = model(images).numpy()
    for hook in hooks:
        hook.remove()
    return logits, outputs


def difference(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def export(model, form, work):
    """Writes the model in one of FORMATS, and returns the file."""
    dialect, _, opset = form.partition("-")
    source = work / f"model.{form if not opset else 'onnx'}"
    options = dict(dialect=dialect, opset=int(opset)) if opset else {}
    # Fused attention is one operator, Attention, from opset 23 on. PyTorch 2.15 cannot export it for windows.
    fuses = opset == "23" and not hasattr(model, "layers")
    for block in blocks_of(model):
        block.attn.fused_attn = fuses
    with contextlib.redirect_stdout(io.StringIO()):
        write(source, model, model_config(model), options)
    return source


def compare(name, form, arguments, images, work):
    """The largest relative differences of logits and of blocks."""
    model = random_model(name, arguments.seed)
    logits, outputs = reference(model, images)
    source = export(model, form, work)
    del model
    vitq = [str(arguments.vitq)]
    quiet = dict(check=True, cwd=work, stdout=subprocess.DEVNULL)
    subprocess.run(vitq + ["convert", source.name, "-o", "model.vitq", "--force", "--quiet"], **quiet)
    evaluation = ["eval", "labels.csv", "-m", "model.vitq", "--logits", "logits.npy", "--threads", "1", "--quiet"]
    subprocess.run(vitq + evaluation + ["--blocks", ".", "--force"], **quiet)
    blocks = [difference(np.load(work / f"block.{index}.npy"), output) for index, output in enumerate(outputs)]
    return difference(np.load(work / "logits.npy"), logits), max(blocks)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="timm's names; default: those in models.txt")
    parser.add_argument("--format", choices=FORMATS, action="append", help="may be given more than once; default: h5")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vitq", type=Path, default=ROOT / ".build" / "release" / "vitq")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    listed = (line.strip() for line in (HERE / "models.txt").read_text().splitlines())
    names = arguments.names or [line for line in listed if line and not line.startswith("#")]
    images = sorted((ROOT / "fixtures" / "tiny-vit" / "images").glob("*.png"))[:2]
    print("| model | source | logits | blocks | |\n|---|---|---:|---:|---|", flush=True)
    failures = 0
    for name, form in ((name, form) for name in names for form in arguments.format or ["h5"]):
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            with open(work / "labels.csv", "w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([("file", "class_index")] + [(path, 0) for path in images])
            try:
                logits, blocks = compare(name, form, arguments, images, work)
            except Exception:
                traceback.print_exc()
                logits = blocks = float("nan")
        passes = logits <= TOLERANCE and blocks <= TOLERANCE
        failures += not passes
        print(f"| {name} | {form} | {logits:.1e} | {blocks:.1e} | {'ok' if passes else 'FAILS'} |", flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
