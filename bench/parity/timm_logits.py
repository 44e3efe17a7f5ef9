"""Runs timm on a list of images and writes what vitq must reproduce.

    timm_logits.py deit_tiny_patch16_224.safetensors imagenet/labels.csv -o timm.safetensors

Writes `logits` [n, classes] in f32 to the output, and beside it a .json with, for each image in the order of the list,
its file, class, arg-max and the SHA-256 of timm's preprocessed tensor ([3, H, W], f32, little-endian). IMAGES is a
labels.csv (columns file, class_index; files relative to it), a folder that has one in it or beside it, or a folder of
images without classes, taken in the order of their names.
"""

import argparse
import csv
import hashlib
import json
import sys
from pathlib import Path

import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from timm.data import create_transform, resolve_data_config

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures" / "make"))
from load_timm import load  # noqa: E402


def listed(path):
    """Pairs of (file, class or None) and the folder that the files are relative to."""
    lists = [path] if path.is_file() else [path / "labels.csv", path.parent / "labels.csv"]
    for candidate in lists:
        if candidate.is_file():
            with open(candidate, newline="") as file:
                return [(row["file"], int(row["class_index"])) for row in csv.DictReader(file)], candidate.parent
    return [(file.name, None) for file in sorted(path.iterdir())], path


def preprocessed(transform, path):
    """timm's evaluation tensor of one file, read as timm's loader reads it."""
    with Image.open(path) as image:
        return transform(image.convert("RGB")).contiguous()


def measure(model, transform, rows, folder, batch):
    """Logits of every image and one record for each."""
    logits, records = [], []
    for first in range(0, len(rows), batch):
        part = rows[first:first + batch]
        tensors = [preprocessed(transform, folder / file) for file, _ in part]
        with torch.inference_mode():
            logits.append(model(torch.stack(tensors)))
        for (file, index), tensor, guess in zip(part, tensors, logits[-1].argmax(1).tolist()):
            digest = hashlib.sha256(tensor.numpy().astype("<f4", copy=False).tobytes()).hexdigest()
            records.append(dict(file=file, class_index=index, arg_max=guess, tensor_sha256=digest))
    return torch.cat(logits), records


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a .safetensors file")
    parser.add_argument("images", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--arch", help="timm's model name, where the file does not tell it")
    parser.add_argument("--crop-pct", type=float, help="default: the model's own")
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = load(arguments.model, arguments.arch)
    overrides = dict(crop_pct=arguments.crop_pct) if arguments.crop_pct else {}
    data = resolve_data_config(overrides, model=model)
    rows, folder = listed(arguments.images)
    logits, records = measure(model, create_transform(**data), rows, folder, arguments.batch)
    save_file({"logits": logits.contiguous()}, arguments.output)
    correct = sum(record["arg_max"] == record["class_index"] for record in records)
    report = dict(
        model=arguments.model.name, crop_pct=data["crop_pct"], interpolation=data["interpolation"],
        input_size=data["input_size"], timm=timm.__version__, torch=torch.__version__, correct=correct,
        count=len(records), images=records)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
    print(f"{correct} of {len(records)} correct at crop_pct {data['crop_pct']}")


if __name__ == "__main__":
    main()
